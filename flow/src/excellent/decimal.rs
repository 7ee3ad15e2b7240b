//! Decimal numbers as expressions know them: at most 36 significant digits, nothing rounded silently except
//! where an operation says so.
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use num_bigint::BigInt;

/// The most significant digits that a number may have (RapidPro's limit).
pub const MAX_DIGITS: u32 = 36;
/// The largest power of ten by which a number's last digit may be scaled, up or down (RapidPro's limit).
pub const MAX_EXPONENT: i32 = 100;
/// Decimal places kept by a division.
pub const DIVISION_PLACES: i32 = 16;

/// A decimal number, `mantissa * 10^exponent`. Always in lowest terms (no trailing zero in the mantissa), so
/// that equal numbers are equal fields. The mantissa is split in two words to keep the type at 24 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    high: i64,
    low: u64,
    exponent: i32,
}

/// A result that has too many digits or is too large or too small to be represented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("number value out of range")]
pub struct OutOfRange;

/// A text that is not a plain decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("not a valid number format")]
    Format,
    #[error("number has too many digits")]
    TooManyDigits,
}

/// So many digits are read without counting the significant ones.
const PLAIN_DIGITS: usize = 18;

const LIMIT: i128 = 10_i128.pow(MAX_DIGITS);

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { high: 0, low: 0, exponent: 0 };
    /// One.
    pub const ONE: Self = Self { high: 0, low: 1, exponent: 0 };

    const fn pack(mantissa: i128, exponent: i32) -> Self {
        Self { high: (mantissa >> 64) as i64, low: mantissa as u64, exponent }
    }

    /// The digits with sign, without decimal point.
    #[must_use]
    pub const fn mantissa(self) -> i128 {
        ((self.high as i128) << 64) | self.low as i128
    }

    /// The power of ten by which the mantissa is scaled.
    #[must_use]
    pub const fn exponent(self) -> i32 {
        self.exponent
    }

    /// Builds `mantissa * 10^exponent`.
    ///
    /// # Errors
    /// When it has more than [`MAX_DIGITS`] digits or its exponent is beyond [`MAX_EXPONENT`].
    pub fn new(mut mantissa: i128, mut exponent: i32) -> Result<Self, OutOfRange> {
        if mantissa == 0 {
            return Ok(Self::ZERO);
        }
        // most numbers are small, and dividing them is many times quicker
        if let Ok(mut small) = i64::try_from(mantissa) {
            while small % 10 == 0 {
                small /= 10;
                exponent += 1;
            }
            let packed = Self::pack(i128::from(small), exponent);
            return if exponent.abs() > MAX_EXPONENT { Err(OutOfRange) } else { Ok(packed) };
        }
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        if mantissa.abs() >= LIMIT || exponent.abs() > MAX_EXPONENT {
            return Err(OutOfRange);
        }
        Ok(Self::pack(mantissa, exponent))
    }

    fn from_big(mut mantissa: BigInt, mut exponent: i32) -> Result<Self, OutOfRange> {
        let ten = BigInt::from(10);
        let zero = BigInt::from(0);
        while mantissa != zero && (&mantissa % &ten) == zero {
            mantissa /= &ten;
            exponent += 1;
        }
        i128::try_from(mantissa).map_err(|_| OutOfRange).and_then(|m| Self::new(m, exponent))
    }

    fn big(self) -> BigInt {
        BigInt::from(self.mantissa())
    }

    /// Whether this is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.high == 0 && self.low == 0
    }

    /// Whether this is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.high < 0
    }

    /// Whether there is nothing behind the decimal point.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        self.exponent >= 0
    }

    /// The same distance from zero on the other side.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self::pack(-self.mantissa(), self.exponent)
    }

    /// The distance from zero.
    #[must_use]
    pub const fn abs(self) -> Self {
        if self.is_negative() { self.negated() } else { self }
    }

    /// The sum.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        let exponent = self.exponent.min(other.exponent);
        let (up, up_other) = ((self.exponent - exponent) as u32, (other.exponent - exponent) as u32);
        let small = scaled(self.mantissa(), up)
            .zip(scaled(other.mantissa(), up_other))
            .and_then(|(a, b)| a.checked_add(b));
        match small {
            Some(sum) => Self::new(sum, exponent),
            None => {
                let sum = self.big() * power_of_ten(up) + other.big() * power_of_ten(up_other);
                Self::from_big(sum, exponent)
            }
        }
    }

    /// The difference.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn minus(self, other: Self) -> Result<Self, OutOfRange> {
        self.plus(other.negated())
    }

    /// The product.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn times(self, other: Self) -> Result<Self, OutOfRange> {
        let exponent = self.exponent + other.exponent;
        match self.mantissa().checked_mul(other.mantissa()) {
            Some(product) => Self::new(product, exponent),
            None => Self::from_big(self.big() * other.big(), exponent),
        }
    }

    /// The quotient, rounded half away from zero to [`DIVISION_PLACES`] decimal places. The caller must have
    /// ruled out a zero divisor; it gives an error here too.
    ///
    /// # Errors
    /// When the result is out of range.
    pub fn over(self, other: Self) -> Result<Self, OutOfRange> {
        self.divide_to(other, DIVISION_PLACES)
    }

    /// The quotient, rounded half away from zero to `places` decimal places.
    ///
    /// # Errors
    /// When the divisor is zero or the result out of range.
    pub fn divide_to(self, other: Self, places: i32) -> Result<Self, OutOfRange> {
        if other.is_zero() {
            return Err(OutOfRange);
        }
        let shift = self.exponent - other.exponent + places;
        let (up, down) = (shift.max(0) as u32, (-shift).max(0) as u32);
        if let Some((a, b)) = scaled(self.mantissa(), up).zip(scaled(other.mantissa(), down)) {
            let (quotient, rest) = (a / b, a % b);
            let away = if (a < 0) == (b < 0) { 1 } else { -1 };
            let up = rest.abs() >= b.abs() - rest.abs();
            return Self::new(quotient + if up { away } else { 0 }, -places);
        }
        let (a, b) = (self.big() * power_of_ten(up), other.big() * power_of_ten(down));
        let away = if self.is_negative() == other.is_negative() { 1 } else { -1 };
        let (quotient, rest) = (&a / &b, &a % &b);
        let twice = BigInt::from(rest.magnitude() * 2_u32);
        let up = twice.magnitude() >= b.magnitude();
        Self::from_big(quotient + if up { away } else { 0 }, -places)
    }

    /// What is left of a division with floored quotient: it has the divisor's sign, or is zero.
    ///
    /// # Errors
    /// When the divisor is zero or the result out of range.
    pub fn modulo(self, other: Self) -> Result<Self, OutOfRange> {
        if other.is_zero() {
            return Err(OutOfRange);
        }
        let exponent = self.exponent.min(other.exponent);
        let (up, up_other) = ((self.exponent - exponent) as u32, (other.exponent - exponent) as u32);
        let (a, b) = (self.big() * power_of_ten(up), other.big() * power_of_ten(up_other));
        let rest = &a % &b;
        let crossed = rest != BigInt::from(0) && (rest < BigInt::from(0)) != other.is_negative();
        Self::from_big(if crossed { rest + b } else { rest }, exponent)
    }

    /// Rounded to `places` decimal places (negative: to tens, hundreds...), in the given direction.
    #[must_use]
    pub fn rounded(self, places: i32, rounding: Rounding) -> Self {
        let drop = -i64::from(self.exponent) - i64::from(places);
        if drop <= 0 || self.is_zero() {
            return self;
        }
        let exponent = places.saturating_neg();
        if drop > i64::from(MAX_DIGITS) {
            return match rounding {
                Rounding::Up if !self.is_negative() => Self::new(1, exponent).unwrap_or(self),
                Rounding::Down if self.is_negative() => Self::new(-1, exponent).unwrap_or(self),
                _ => Self::ZERO,
            };
        }
        let unit = 10_i128.pow(drop as u32);
        let mantissa = self.mantissa();
        let (quotient, rest) = (mantissa / unit, mantissa % unit);
        let step = match rounding {
            Rounding::HalfAway if rest.abs() >= unit - rest.abs() => mantissa.signum(),
            Rounding::Up if rest > 0 => 1,
            Rounding::Down if rest < 0 => -1,
            _ => 0,
        };
        // Rounding keeps or shortens the digits, and moves the exponent towards the one of `places`.
        Self::new(quotient + step, exponent).unwrap_or(self)
    }

    /// The whole number at or towards zero from this, when it fits.
    #[must_use]
    pub fn truncated(self) -> Option<i64> {
        let mantissa = self.mantissa();
        let whole = if self.exponent >= 0 {
            scaled(mantissa, self.exponent as u32)?
        } else if self.exponent < -(MAX_DIGITS as i32) {
            0
        } else {
            mantissa / 10_i128.pow((-self.exponent) as u32)
        };
        i64::try_from(whole).ok()
    }

    /// The nearest binary floating point number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Raised to a power. Whole exponents are exact; others are computed to [`DIVISION_PLACES`] places.
    ///
    /// # Errors
    /// When the exponent is beyond [`MAX_EXPONENT`], the result is out of range, or there is no real result.
    pub fn power(self, exponent: Self) -> Result<Self, OutOfRange> {
        if exponent.abs() > (Self { high: 0, low: MAX_EXPONENT as u64, exponent: 0 }) {
            return Err(OutOfRange);
        }
        match exponent.is_integer().then(|| exponent.truncated()).flatten() {
            Some(whole) => {
                let mut result = Self::ONE;
                for _ in 0..whole.unsigned_abs() {
                    result = result.times(self)?;
                }
                if whole < 0 { Self::ONE.over(result) } else { Ok(result) }
            }
            None => super::powers::fractional_power(self, exponent),
        }
    }
}

/// Which way digits are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest; halves away from zero.
    HalfAway,
    /// Towards positive infinity.
    Up,
    /// Towards negative infinity.
    Down,
}

fn scaled(mantissa: i128, places: u32) -> Option<i128> {
    10_i128.checked_pow(places).and_then(|unit| mantissa.checked_mul(unit))
}

fn power_of_ten(places: u32) -> BigInt {
    BigInt::from(10).pow(places)
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.exponent == other.exponent {
            return self.mantissa().cmp(&other.mantissa());
        }
        let exponent = self.exponent.min(other.exponent);
        let (up, up_other) = ((self.exponent - exponent) as u32, (other.exponent - exponent) as u32);
        match scaled(self.mantissa(), up).zip(scaled(other.mantissa(), up_other)) {
            Some((a, b)) => a.cmp(&b),
            None => (self.big() * power_of_ten(up)).cmp(&(other.big() * power_of_ten(up_other))),
        }
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self::new(i128::from(number), 0).unwrap_or(Self::ZERO)
    }
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self::from(i64::from(number))
    }
}

impl From<i32> for Decimal {
    fn from(number: i32) -> Self {
        Self::from(i64::from(number))
    }
}

impl From<usize> for Decimal {
    fn from(number: usize) -> Self {
        Self::new(number as i128, 0).unwrap_or(Self::ZERO)
    }
}

/// Reads `123`, `-1.5`, `.5`: digits with at most one decimal point and a minus sign, no exponent.
/// A few digits and nothing else as a number.
fn plain_number(digits: &[u8]) -> Option<i64> {
    if !(1..=PLAIN_DIGITS).contains(&digits.len()) {
        return None;
    }
    digits.iter().try_fold(0_i64, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit <= 9).then(|| number * 10 + i64::from(digit))
    })
}

impl FromStr for Decimal {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if let Some(number) = plain_number(digits.as_bytes()) {
            return Ok(Self::from(if negative { -number } else { number }));
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let both = whole.bytes().chain(fraction.bytes());
        if digits.is_empty() || digits.ends_with('.') || !both.clone().all(|b| b.is_ascii_digit()) {
            return Err(ParseError::Format);
        }
        let significant = both.clone().skip_while(|b| *b == b'0').count();
        let trailing = both.clone().rev().take_while(|b| *b == b'0').count().min(significant);
        if significant.saturating_sub(trailing) > MAX_DIGITS as usize || fraction.len() > 1000 {
            return Err(ParseError::TooManyDigits);
        }
        let mut mantissa = 0_i128;
        for digit in both.take(whole.len() + fraction.len() - trailing) {
            mantissa = mantissa * 10 + i128::from(digit - b'0');
        }
        let exponent = trailing as i32 - fraction.len() as i32;
        let mantissa = if negative { -mantissa } else { mantissa };
        Self::new(mantissa, exponent).map_err(|OutOfRange| ParseError::TooManyDigits)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mantissa = self.mantissa();
        if self.exponent == 0 {
            return match i64::try_from(mantissa) {
                Ok(small) => write!(f, "{small}"),
                Err(_) => write!(f, "{mantissa}"),
            };
        }
        if self.exponent > 0 {
            return write!(f, "{mantissa}{:0>1$}", "", self.exponent as usize);
        }
        let digits = mantissa.unsigned_abs().to_string();
        let sign = if mantissa < 0 { "-" } else { "" };
        let places = (-self.exponent) as usize;
        if digits.len() > places {
            let (whole, fraction) = digits.split_at(digits.len() - places);
            write!(f, "{sign}{whole}.{fraction}")
        } else {
            write!(f, "{sign}0.{digits:0>places$}")
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_print_as_they_are_read_without_needless_zeros() {
        for (text, printed) in [
            ("0", "0"),
            ("007", "7"),
            ("-1.50", "-1.5"),
            (".25", "0.25"),
            ("1200", "1200"),
            ("0.000", "0"),
            ("-0.004", "-0.004"),
        ] {
            assert_eq!(number(text).to_string(), printed);
        }
        for text in ["", "-", "1.", ".", "1e3", "+1", "1,000", "1.2.3", "١"] {
            assert_eq!(text.parse::<Decimal>(), Err(ParseError::Format), "{text}");
        }
        assert_eq!("1".repeat(37).parse::<Decimal>(), Err(ParseError::TooManyDigits));
    }

    #[test]
    fn arithmetic_is_exact_or_refused() {
        assert_eq!(number("0.1").plus(number("0.2")), Ok(number("0.3")));
        assert_eq!(number("5").minus(number("7.5")), Ok(number("-2.5")));
        let nines = number(&"9".repeat(36));
        assert_eq!(nines.times(number("10")).map(|n| n.exponent()), Ok(1));
        assert_eq!(nines.times(nines), Err(OutOfRange));
        assert_eq!(nines.plus(number("0.1")), Err(OutOfRange));
        assert_eq!(number("1").over(number("8")), Ok(number("0.125")));
        assert_eq!(number("2").over(number("3")), Ok(number("0.6666666666666667")));
        assert_eq!(number("-2").over(number("3")), Ok(number("-0.6666666666666667")));
        assert_eq!(nines.over(number("0.17")).map(|_| ()), Err(OutOfRange));
        assert_eq!(number("-7").modulo(number("3")), Ok(number("2")));
        assert_eq!(number("7.5").modulo(number("2")), Ok(number("1.5")));
        assert_eq!(number("4").over(Decimal::ZERO), Err(OutOfRange));
    }

    #[test]
    fn rounding_knows_its_direction() {
        assert_eq!(number("2.5").rounded(0, Rounding::HalfAway), number("3"));
        assert_eq!(number("-2.5").rounded(0, Rounding::HalfAway), number("-3"));
        assert_eq!(number("2.01").rounded(0, Rounding::Up), number("3"));
        assert_eq!(number("-2.01").rounded(0, Rounding::Down), number("-3"));
        assert_eq!(number("1250").rounded(-2, Rounding::HalfAway), number("1300"));
        assert_eq!(number("1.25").rounded(900, Rounding::HalfAway), number("1.25"));
        assert_eq!(number("1.25").rounded(-900, Rounding::HalfAway), Decimal::ZERO);
    }

    #[test]
    fn powers_of_whole_and_broken_exponents() {
        assert_eq!(number("3").power(number("4")), Ok(number("81")));
        assert_eq!(number("2").power(number("-2")), Ok(number("0.25")));
        assert_eq!(number("9").power(number("0.5")), Ok(number("3")));
        assert_eq!(
            number("2").power(number("0.5")).map(|n| n.to_string()),
            Ok("1.414213562373095".to_owned())
        );
        assert_eq!(number("-2").power(number("0.5")), Err(OutOfRange));
        assert_eq!(number("2").power(number("101")), Err(OutOfRange));
    }

    #[test]
    fn order_does_not_care_how_a_number_is_scaled() {
        assert!(number("100") > number("99.5"));
        assert!(number("-0.001") < Decimal::ZERO);
        assert!(Decimal::new(1, 90).unwrap() > number("999999999999"));
    }
}
