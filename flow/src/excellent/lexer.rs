//! Splits an expression into tokens.
use super::decimal::Decimal;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(Decimal),
    Text(String),
    Name(String),
    Plus,
    Minus,
    Times,
    Divide,
    Power,
    Ampersand,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Arrow,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
}

/// A token and the byte at which it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned {
    pub token: Token,
    pub start: usize,
}

/// Splits an expression; `Err` is the byte at which no token begins.
pub fn tokens(text: &str) -> Result<Vec<Spanned>, usize> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        if matches!(letter, ' ' | '\t' | '\n' | '\r') {
            at += 1;
            continue;
        }
        let (token, length) = next(&text[at..], letter).ok_or(at)?;
        tokens.push(Spanned { token, start: at });
        at += length;
    }
    Ok(tokens)
}

fn next(rest: &str, letter: char) -> Option<(Token, usize)> {
    if letter == '"' {
        let length = text_length(rest)?;
        return Some((Token::Text(unquote(&rest[..length])), length));
    }
    if letter.is_ascii_digit() {
        return number(rest);
    }
    if is_name_start(letter) {
        let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
        return Some((Token::Name(rest[..length].to_owned()), length));
    }
    let pair = match rest.get(..2) {
        Some("!=") => Some(Token::NotEqual),
        Some("<=") => Some(Token::LessOrEqual),
        Some(">=") => Some(Token::GreaterOrEqual),
        Some("=>") => Some(Token::Arrow),
        _ => None,
    };
    if let Some(token) = pair {
        return Some((token, 2));
    }
    let token = match letter {
        '+' => Token::Plus,
        '-' => Token::Minus,
        '*' => Token::Times,
        '/' => Token::Divide,
        '^' => Token::Power,
        '&' => Token::Ampersand,
        '=' => Token::Equal,
        '<' => Token::Less,
        '>' => Token::Greater,
        '(' => Token::Open,
        ')' => Token::Close,
        '[' => Token::OpenBracket,
        ']' => Token::CloseBracket,
        ',' => Token::Comma,
        '.' => Token::Dot,
        _ => return None,
    };
    Some((token, 1))
}

/// Whether a name may begin with this letter.
pub fn is_name_start(letter: char) -> bool {
    letter == '_' || letter.is_alphabetic()
}

/// Whether a name may go on with this letter.
pub fn is_name_part(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

fn number(rest: &str) -> Option<(Token, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(rest);
    if rest[length..].starts_with('.') {
        let fraction = digits(&rest[length + 1..]);
        if fraction > 0 {
            length += 1 + fraction;
        }
    }
    Some((Token::Number(rest[..length].parse().ok()?), length))
}

/// The bytes of a quoted text with its quotes, `None` when it is not closed. A quote is part of the text when a
/// backslash stands before it.
fn text_length(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return Some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// What a quoted text stands for. When any of its escapes is unknown, none is replaced: so `"\d+"` is the pattern
/// that its author meant.
fn unquote(quoted: &str) -> String {
    let raw = &quoted[1..quoted.len() - 1];
    unescape(raw).unwrap_or_else(|| raw.to_owned())
}

fn unescape(raw: &str) -> Option<String> {
    if !raw.contains(['\\', '\n']) {
        return Some(raw.to_owned());
    }
    let mut out = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => return None,
            '\\' => out.push(match letters.next()? {
                'a' => '\x07',
                'b' => '\x08',
                'f' => '\x0c',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\x0b',
                '\\' => '\\',
                '"' => '"',
                'x' => code_point(&mut letters, 2, 16, 0)?,
                'u' => code_point(&mut letters, 4, 16, 0)?,
                'U' => code_point(&mut letters, 8, 16, 0)?,
                digit @ '0'..='7' => code_point(&mut letters, 2, 8, digit.to_digit(8)?)?,
                _ => return None,
            }),
            letter => out.push(letter),
        }
    }
    Some(out)
}

fn code_point(letters: &mut std::str::Chars<'_>, count: usize, radix: u32, start: u32) -> Option<char> {
    let mut code = start;
    for _ in 0..count {
        code = code.checked_mul(radix)? + letters.next()?.to_digit(radix)?;
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_what_they_do_not_understand() {
        for (quoted, meant) in [
            (r#""a\tb""#, "a\tb"),
            (r#""\d+\t""#, r"\d+\t"),
            (r#""say \"hi\"""#, r#"say "hi""#),
            (r#""\u00e9\x41\101""#, "éAA"),
            (r#""back\\slash""#, r"back\slash"),
        ] {
            assert_eq!(tokens(quoted).unwrap()[0].token, Token::Text(meant.to_owned()), "{quoted}");
        }
    }

    #[test]
    fn what_is_no_token_is_pointed_at() {
        assert_eq!(tokens("1 + $"), Err(4));
        assert_eq!(tokens("x & \"open"), Err(4));
        let names: Vec<Token> = tokens("a.0<=b").unwrap().into_iter().map(|t| t.token).collect();
        assert_eq!(names.len(), 5);
    }
}
