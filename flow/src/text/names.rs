//! Names of months and days.

/// The names of one locale.
pub struct Names;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Names {
    /// The names of a locale such as `spa-EC`.
    #[must_use]
    pub fn of(_locale: &str) -> Self {
        Self
    }
    /// The name of a month, 1 to 12.
    #[must_use]
    pub fn month(&self, month: i8) -> &'static str {
        MONTHS[(month - 1).rem_euclid(12) as usize]
    }
    /// The short name of a month, 1 to 12.
    #[must_use]
    pub fn month_short(&self, month: i8) -> &'static str {
        &self.month(month)[..3]
    }
    /// The name of a weekday, 0 is Sunday.
    #[must_use]
    pub fn weekday(&self, day: i8) -> &'static str {
        DAYS[day.rem_euclid(7) as usize]
    }
    /// The short name of a weekday, 0 is Sunday.
    #[must_use]
    pub fn weekday_short(&self, day: i8) -> &'static str {
        &self.weekday(day)[..3]
    }
    /// AM or PM.
    #[must_use]
    pub fn half_day(&self, afternoon: bool) -> &'static str {
        if afternoon { "PM" } else { "AM" }
    }
}
