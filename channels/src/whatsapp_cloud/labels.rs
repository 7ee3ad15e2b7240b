//! The few words that WhatsApp's interactive messages need and that no author writes.

/// The words of one language.
pub(super) struct Labels {
    /// On the button that opens a list; at most 20 characters.
    pub(super) list: &'static str,
    /// On the button that opens a form; at most 30 characters.
    pub(super) form: &'static str,
    /// On the button that opens a link; at most 20 characters.
    pub(super) link: &'static str,
}

const ENGLISH: Labels = Labels { list: "Menu", form: "Open Form", link: "Open Link" };

/// The words for a message's language (`spa`, `spa-EC`); English where there are none for it.
pub(super) fn labels(locale: &str) -> Labels {
    match locale.split('-').next().unwrap_or("") {
        "spa" => Labels { list: "Menú", form: "Abrir formulario", link: "Abrir enlace" },
        "fra" => Labels { list: "Menu", form: "Ouvrir le formulaire", link: "Ouvrir le lien" },
        "por" => Labels { list: "Menu", form: "Abrir formulário", link: "Abrir link" },
        "ukr" => Labels {
            list: "Меню", form: "Відкрити форму", link: "Відкрити посилання"
        },
        "rus" => Labels {
            list: "Меню", form: "Открыть форму", link: "Открыть ссылку"
        },
        "ara" => {
            Labels { list: "القائمة", form: "فتح النموذج", link: "فتح الرابط" }
        }
        "swa" => Labels { list: "Menyu", form: "Fungua fomu", link: "Fungua kiungo" },
        "tur" => Labels { list: "Menü", form: "Formu aç", link: "Bağlantıyı aç" },
        "deu" => Labels { list: "Menü", form: "Formular öffnen", link: "Link öffnen" },
        "ita" => Labels { list: "Menu", form: "Apri modulo", link: "Apri link" },
        "pol" => Labels { list: "Menu", form: "Otwórz formularz", link: "Otwórz link" },
        "ron" => Labels { list: "Meniu", form: "Deschide formularul", link: "Deschide linkul" },
        _ => ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::length;

    #[test]
    fn every_label_fits() {
        for locale in
            ["", "eng", "spa-EC", "fra", "por", "ukr", "rus", "ara", "swa", "tur", "deu", "ita", "pol", "ron"]
        {
            let labels = labels(locale);
            assert!(
                length(labels.list) <= 20 && length(labels.form) <= 30 && length(labels.link) <= 20,
                "{locale}"
            );
        }
    }
}
