//! What the server itself says in a call, in the languages that it knows. A line can write each of them anew in its
//! `line.toml` (`[voice.spa]`), and must do so for languages that are not here: those hear English.
use std::collections::BTreeMap;

use flow::words::Language;
use serde::Deserialize;

/// What a line says in calls in one language; what is left out is the server's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoiceWords {
    /// One choice of several; `{choice}` and `{number}` are filled in.
    pub choice: Option<String>,
    /// After the choices: the key 0 brings a person of the team.
    pub person: Option<String>,
    /// Before a question that is asked again.
    pub again: Option<String>,
    /// Before a tone, after which a flow wants to hear something.
    pub record: Option<String>,
    /// Before a tone, after which staff is told something.
    pub leave: Option<String>,
    pub goodbye: Option<String>,
    /// What whoever takes a call of ours hears first. It must tell nothing: it may not be her.
    pub gate: Option<String>,
    /// What an answering machine hears; nothing unless the line writes it.
    pub machine: Option<String>,
    pub trouble: Option<String>,
    /// What is said instead of what is written: parts of any text of the line, such as *write HELP*, and what a voice says in
    /// their place.
    pub instead: BTreeMap<String, String>,
}

/// The most texts of one language that are said otherwise than they are written.
pub const MAX_INSTEAD: usize = 200;

impl VoiceWords {
    /// A text as a voice says it: longer parts before shorter ones that they hold.
    #[must_use]
    pub fn said(&self, text: &str) -> String {
        let mut parts: Vec<(&String, &String)> = self.instead.iter().take(MAX_INSTEAD).collect();
        parts.sort_by_key(|(written, _)| std::cmp::Reverse(written.len()));
        let mut said = text.to_owned();
        for (written, spoken) in parts.into_iter().filter(|(written, _)| !written.is_empty()) {
            if said.contains(written.as_str()) {
                said = said.replace(written.as_str(), spoken);
            }
        }
        said
    }
}

/// The sentences of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spoken<'a> {
    pub choice: &'a str,
    pub person: &'a str,
    pub again: &'a str,
    pub record: &'a str,
    pub leave: &'a str,
    pub goodbye: &'a str,
    pub gate: &'a str,
    pub machine: Option<&'a str>,
    pub trouble: &'a str,
    /// The language that these are in.
    pub language: &'a str,
}

const ENGLISH: Spoken<'static> = Spoken {
    choice: "For {choice}, press {number}.",
    person: "To talk to a person, press zero.",
    again: "We did not understand.",
    record: "Please speak after the tone. Press the hash key when you have finished.",
    leave: "Please say after the tone what you want to tell our team. Press the hash key when you have finished.",
    goodbye: "Thank you for your call. You can call us again at any time. Goodbye.",
    gate: "Hello. There is a message for you. To hear it, press one. If you do not want to be called, press nine.",
    machine: None,
    trouble: "We are sorry, something does not work here at the moment. Please call again later.",
    language: "eng",
};

const ALL: [Spoken<'static>; 7] = [
    ENGLISH,
    Spoken {
        choice: "Para {choice}, marque {number}.",
        person: "Para hablar con una persona, marque cero.",
        again: "No le entendimos.",
        record: "Por favor, hable después del tono. Al terminar, marque la tecla numeral.",
        leave: "Por favor, diga después del tono lo que quiere contar al equipo. Al terminar, marque la tecla numeral.",
        goodbye: "Gracias por su llamada. Puede llamarnos otra vez cuando quiera. Hasta luego.",
        gate: "Hola. Hay un mensaje para usted. Para escucharlo, marque uno. Si no quiere que le llamemos, marque nueve.",
        machine: None,
        trouble: "Lo sentimos, algo no funciona en este momento. Por favor, llame más tarde.",
        language: "spa",
    },
    Spoken {
        choice: "Pour {choice}, appuyez sur {number}.",
        person: "Pour parler à une personne, appuyez sur zéro.",
        again: "Nous n'avons pas compris.",
        record: "Parlez après le signal. Appuyez sur la touche dièse quand vous avez fini.",
        leave: "Dites après le signal ce que vous voulez dire à l'équipe. Appuyez sur la touche dièse quand vous avez fini.",
        goodbye: "Merci de votre appel. Vous pouvez rappeler quand vous voulez. Au revoir.",
        gate: "Bonjour. Il y a un message pour vous. Pour l'écouter, appuyez sur un. Pour ne plus être appelé, appuyez sur neuf.",
        machine: None,
        trouble: "Nous sommes désolés, un service ne marche pas en ce moment. Rappelez plus tard.",
        language: "fra",
    },
    Spoken {
        choice: "Para {choice}, digite {number}.",
        person: "Para falar com uma pessoa, digite zero.",
        again: "Não entendemos.",
        record: "Por favor, fale depois do sinal. Ao terminar, digite jogo da velha.",
        leave: "Por favor, diga depois do sinal o que quer contar à equipe. Ao terminar, digite jogo da velha.",
        goodbye: "Obrigado por ligar. Pode ligar de novo quando quiser. Até logo.",
        gate: "Olá. Há uma mensagem para você. Para ouvir, digite um. Se não quer que liguemos, digite nove.",
        machine: None,
        trouble: "Desculpe, algo não funciona neste momento. Por favor, ligue mais tarde.",
        language: "por",
    },
    Spoken {
        choice: "{choice}: اضغط {number}.",
        person: "للتحدث مع شخص من الفريق، اضغط صفر.",
        again: "لم نفهم.",
        record: "تكلم من فضلك بعد الصافرة. اضغط مربع عندما تنتهي.",
        leave: "قل من فضلك بعد الصافرة ما تريد أن تقوله للفريق. اضغط مربع عندما تنتهي.",
        goodbye: "شكرا على اتصالك. يمكنك الاتصال بنا مرة أخرى في أي وقت. مع السلامة.",
        gate: "مرحبا. هناك رسالة لك. لسماعها اضغط واحد. إذا كنت لا تريد أن نتصل بك، اضغط تسعة.",
        machine: None,
        trouble: "نأسف، هناك عطل الآن. من فضلك اتصل لاحقا.",
        language: "ara",
    },
    Spoken {
        choice: "{choice}: натисніть {number}.",
        person: "Щоб поговорити з людиною, натисніть нуль.",
        again: "Ми не зрозуміли.",
        record: "Будь ласка, говоріть після сигналу. Коли закінчите, натисніть решітку.",
        leave: "Скажіть після сигналу, що ви хочете передати нашій команді. Коли закінчите, натисніть решітку.",
        goodbye: "Дякуємо за дзвінок. Ви можете зателефонувати знову будь-коли. До побачення.",
        gate: "Вітаємо. Для вас є повідомлення. Щоб почути його, натисніть один. Якщо не хочете, щоб вам дзвонили, натисніть дев'ять.",
        machine: None,
        trouble: "Вибачте, зараз щось не працює. Будь ласка, зателефонуйте пізніше.",
        language: "ukr",
    },
    Spoken {
        choice: "{choice}: нажмите {number}.",
        person: "Чтобы поговорить с человеком, нажмите ноль.",
        again: "Мы не поняли.",
        record: "Пожалуйста, говорите после сигнала. Когда закончите, нажмите решётку.",
        leave: "Скажите после сигнала, что вы хотите передать нашей команде. Когда закончите, нажмите решётку.",
        goodbye: "Спасибо за звонок. Вы можете позвонить снова в любое время. До свидания.",
        gate: "Здравствуйте. Для вас есть сообщение. Чтобы услышать его, нажмите один. Если не хотите, чтобы вам звонили, нажмите девять.",
        machine: None,
        trouble: "Извините, сейчас что-то не работает. Пожалуйста, позвоните позже.",
        language: "rus",
    },
];

/// What is said in a language: the line's own words, then the server's, then English.
pub(super) fn spoken(content: &crate::lines::Content, language: Language) -> Spoken<'_> {
    let code = language.to_string();
    let known = ALL.iter().find(|spoken| spoken.language == code).unwrap_or(&ENGLISH);
    let Some(own) = content.voice.get(&language) else { return *known };
    fn or<'a>(own: &'a Option<String>, known: &'a str) -> &'a str {
        own.as_deref().unwrap_or(known)
    }
    Spoken {
        choice: or(&own.choice, known.choice),
        person: or(&own.person, known.person),
        again: or(&own.again, known.again),
        record: or(&own.record, known.record),
        leave: or(&own.leave, known.leave),
        goodbye: or(&own.goodbye, known.goodbye),
        gate: or(&own.gate, known.gate),
        machine: own.machine.as_deref(),
        trouble: or(&own.trouble, known.trouble),
        language: known.language,
    }
}
