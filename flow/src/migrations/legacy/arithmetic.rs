//! Old `+` and `-` worked on numbers, dates and times alike; today each has its own function. What is known of the
//! operands decides; where nothing is known, `legacy_add` finds out when it is evaluated.
use super::syntax::Operator;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Unknown,
    Number,
    /// A date with a time.
    Moment,
    /// A day; `shown` when its text is in the workspace's format already, so that the outcome has to be too.
    Date {
        shown: bool,
    },
    /// A time of day, with the expression of its seconds where it has one.
    Time(Option<String>),
}

/// A rewritten expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) kind: Kind,
    /// The strength of the operator at its outside, if there is one.
    joined: Option<u8>,
    /// Whether it is only a dotted name, which needs no brackets in a template.
    pub(super) is_path: bool,
}

impl Piece {
    pub(super) fn of(text: String, kind: Kind) -> Self {
        Self { text, kind, joined: None, is_path: false }
    }

    /// Something that needs no brackets wherever it stands.
    pub(super) fn whole(text: impl Into<String>) -> Self {
        Self::of(text.into(), Kind::Unknown)
    }

    pub(super) fn path(text: &str) -> Self {
        Self { is_path: true, ..Self::whole(text) }
    }

    pub(super) fn number(text: String) -> Self {
        Self::of(text, Kind::Number)
    }

    /// Something with an operator at its outside.
    pub(super) fn joined(text: String, operator: Operator, kind: Kind) -> Self {
        Self { text, kind, joined: Some(operator.strength()), is_path: false }
    }

    /// The text as an operand that an operator of at least this strength stands beside.
    pub(super) fn beside(&self, strength: u8) -> String {
        if self.joined.is_some_and(|own| own < strength) {
            format!("({})", self.text)
        } else {
            self.text.clone()
        }
    }

    /// The text with its sign turned.
    pub(super) fn negated(&self) -> String {
        match self.text.strip_prefix('-') {
            Some(positive) if self.joined.is_none() => positive.to_owned(),
            _ => format!("-{}", self.beside(u8::MAX)),
        }
    }
}

/// Two expressions with an operator between them.
pub(super) fn binary(operator: Operator, left: &Piece, right: &Piece) -> Piece {
    if matches!(operator, Operator::Plus | Operator::Minus) {
        return sum(operator, left, right);
    }
    let kind = if operator.strength() > Operator::Plus.strength() { Kind::Number } else { Kind::Unknown };
    plain(operator, left, right, kind)
}

fn plain(operator: Operator, left: &Piece, right: &Piece, kind: Kind) -> Piece {
    let strength = operator.strength();
    let text = format!("{} {} {}", left.beside(strength), operator.as_str(), right.beside(strength + 1));
    Piece::joined(text, operator, kind)
}

fn sum(operator: Operator, left: &Piece, right: &Piece) -> Piece {
    let signed = |piece: &Piece| {
        if operator == Operator::Minus { piece.negated() } else { piece.text.clone() }
    };
    match (&left.kind, operator, &right.kind) {
        (Kind::Number, _, Kind::Number) => plain(operator, left, right, Kind::Number),
        (Kind::Moment | Kind::Date { .. }, _, Kind::Number) => days_later(left, &signed(right)),
        (Kind::Number, Operator::Plus, Kind::Moment | Kind::Date { .. }) => days_later(right, &left.text),
        (Kind::Time(_), Operator::Plus, Kind::Moment | Kind::Date { .. }) => at_time(right, left),
        (_, Operator::Plus, Kind::Time(_)) => at_time(left, right),
        (_, Operator::Minus, Kind::Time(Some(seconds))) => {
            Piece::of(format!("datetime_add({}, -{seconds}, \"s\")", left.text), Kind::Moment)
        }
        _ => Piece::whole(format!("legacy_add({}, {})", left.text, signed(right))),
    }
}

fn days_later(date: &Piece, days: &str) -> Piece {
    let later = format!("datetime_add({}, {days}, \"D\")", date.text);
    match date.kind {
        Kind::Date { shown: true } => Piece::of(format!("format_date({later})"), Kind::Date { shown: true }),
        _ => Piece::of(later, date.kind.clone()),
    }
}

fn at_time(date: &Piece, time: &Piece) -> Piece {
    Piece::of(format!("replace_time({}, {})", date.text, time.text), Kind::Moment)
}
