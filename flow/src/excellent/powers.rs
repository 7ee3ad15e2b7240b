//! Powers with a broken exponent, by logarithm and exponential series on big integers: the digits must not
//! depend on the machine's floating point.
use num_bigint::BigInt;

use super::decimal::{DIVISION_PLACES, Decimal, OutOfRange, Rounding};

/// Fixed-point places of the computation; enough that results up to 10^20 keep all places after rounding.
const PLACES: u32 = 60;
/// Terms after which both series have long converged at [`PLACES`]; a bound for the loops.
const MAX_TERMS: u32 = 400;
/// The largest exponent of e that can still be a number in range (e^231 is about 10^100).
const MAX_LOG: i64 = 231;

/// `base ^ exponent` for an exponent with a fraction, rounded to [`DIVISION_PLACES`] decimal places.
///
/// # Errors
/// When the base is negative (no real result), or zero with a negative exponent, or the result out of range.
pub fn fractional_power(base: Decimal, exponent: Decimal) -> Result<Decimal, OutOfRange> {
    if base.is_zero() {
        return if exponent.is_negative() { Err(OutOfRange) } else { Ok(Decimal::ZERO) };
    }
    if base.is_negative() {
        return Err(OutOfRange);
    }
    let one = BigInt::from(10).pow(PLACES);
    let log = &natural_log(&fixed(base), &one) * fixed(exponent) / &one;
    if log.magnitude() > (&one * MAX_LOG).magnitude() {
        return Err(OutOfRange);
    }
    let result = exponential(&log, &one);
    let kept = round_to_places(&result);
    i128::try_from(kept)
        .map_err(|_| OutOfRange)
        .and_then(|m| Decimal::new(m, -DIVISION_PLACES))
        .map(|number| number.rounded(DIVISION_PLACES, Rounding::HalfAway))
}

fn fixed(number: Decimal) -> BigInt {
    let shift = PLACES as i32 + number.exponent();
    let mantissa = BigInt::from(number.mantissa());
    if shift >= 0 {
        mantissa * BigInt::from(10).pow(shift as u32)
    } else {
        mantissa / BigInt::from(10).pow(-shift as u32)
    }
}

fn round_to_places(number: &BigInt) -> BigInt {
    let unit = BigInt::from(10).pow(PLACES - DIVISION_PLACES as u32);
    (number + &unit / 2) / unit
}

/// ln(x): halve or double x into [2/3, 4/3], then 2 artanh((x-1)/(x+1)).
fn natural_log(x: &BigInt, one: &BigInt) -> BigInt {
    let (mut x, mut halvings) = (x.clone(), 0_i64);
    let (low, high) = (one * 2 / 3, one * 4 / 3);
    if x <= BigInt::from(0) {
        return BigInt::from(-2 * MAX_LOG) * one;
    }
    while x > high {
        x = (x + 1) / 2;
        halvings += 1;
    }
    while x < low {
        x *= 2;
        halvings -= 1;
    }
    artanh_twice(&x, one)
        + artanh_twice(&(one * 4 / 3), one) * halvings
        + artanh_twice(&(one * 3 / 2), one) * halvings
}

fn artanh_twice(x: &BigInt, one: &BigInt) -> BigInt {
    let z = (x - one) * one / (x + one);
    let square = &z * &z / one;
    let (mut power, mut sum) = (z.clone(), z);
    for term in 1..MAX_TERMS {
        power = power * &square / one;
        if power == BigInt::from(0) {
            break;
        }
        sum += &power / (2 * term + 1);
    }
    sum * 2
}

/// e^x: the argument halved until small, Taylor's series, then squared back.
fn exponential(x: &BigInt, one: &BigInt) -> BigInt {
    const HALVINGS: u32 = 12;
    let reduced = x / (1_i64 << HALVINGS);
    let (mut term, mut sum) = (one.clone(), one.clone());
    for n in 1..MAX_TERMS {
        term = term * &reduced / one / n;
        if term == BigInt::from(0) {
            break;
        }
        sum += &term;
    }
    for _ in 0..HALVINGS {
        sum = &sum * &sum / one;
    }
    sum
}
