//! Telegram's simple Markdown ("legacy" in its documents): `*bold*`, `_italic_`, `` `code` ``, `[words](address)`,
//! nothing inside one another, `\` before a mark that is meant as such. A mark without its partner refuses the message.

/// The words without their marks.
///
/// # Errors
/// With the byte at which a mark stands that has no partner.
pub(super) fn plain(text: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '\\' if rest.starts_with(['_', '*', '`', '[']) => {
                out.push_str(&rest[..1]);
                at += 2;
            }
            '`' if rest.starts_with("``") => {
                let inside = &rest[2..];
                let end = inside.find("```").ok_or(at)?;
                out.push_str(&inside[..end]);
                at += 3 + end + 3;
            }
            '_' | '*' | '`' => {
                let end = rest.find(c).ok_or(at)?;
                out.push_str(&rest[..end]);
                at += 1 + end + 1;
            }
            '[' => {
                let end = rest.find(']').ok_or(at)?;
                out.push_str(&rest[..end]);
                at += 1 + end + 1;
                if text[at..].starts_with('(') {
                    // An address without its bracket reaches to the end.
                    at = text[at..].find(')').map_or(text.len(), |end| at + end + 1);
                }
            }
            c => {
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn marks_go_and_a_lonely_one_refuses() {
        for (text, wanted) in [
            ("hola", Ok("hola".to_owned())),
            ("*ñandú* y _té_ `x` ```y```", Ok("ñandú y té x y".to_owned())),
            ("[aquí](https://a.org/b) \\_ya", Ok("aquí _ya".to_owned())),
            ("a [b] c", Ok("a b c".to_owned())),
            ("ana_maria@casa.org", Err(3)),
            ("ñ * 2", Err(3)),
            ("```x``", Err(0)),
            ("", Ok(String::new())),
        ] {
            assert_eq!(plain(text), wanted, "{text}");
        }
    }
}
