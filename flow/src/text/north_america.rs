//! The numbers of calling code 1, which two dozen countries share: whose a number is follows from its first three
//! digits, and to ask the numbering plans takes longer than all else that is done with a number.
use crate::env::Country;

/// The calling code.
pub(super) const CODE: i32 = 1;
/// Numbers of ten digits; none begins with 0 or 1.
const TEN_DIGITS: std::ops::Range<u64> = 2_000_000_000..10_000_000_000;
/// What the three digits behind the area code begin with: other numbers belong to nobody.
const EXCHANGE_FIRST_DIGITS: std::ops::RangeInclusive<u64> = 2..=9;

/// The area codes all of whose numbers are one country's, and valid. What is not here must be asked of the plans; this
/// file's tests compare the list with them.
const AREAS: [(&str, &[u16]); 5] = [
    (
        "US",
        &[
            201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 220, 223,
            224, 225, 227, 228, 229, 231, 234, 235, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267,
            269, 270, 272, 274, 276, 279, 281, 283, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313,
            314, 315, 316, 317, 318, 319, 320, 321, 323, 324, 325, 326, 327, 329, 330, 331, 332, 334, 336,
            337, 339, 341, 346, 347, 350, 351, 352, 353, 360, 361, 363, 364, 369, 380, 385, 386, 401, 402,
            404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430, 432, 434,
            435, 440, 442, 443, 445, 447, 448, 458, 463, 464, 469, 470, 472, 475, 478, 479, 480, 484, 500,
            501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517, 518, 520, 521, 522, 525,
            526, 527, 528, 529, 530, 531, 532, 533, 534, 539, 540, 541, 544, 551, 557, 559, 561, 562, 563,
            564, 566, 567, 570, 571, 572, 573, 574, 575, 577, 580, 582, 585, 586, 588, 601, 602, 603, 605,
            606, 607, 608, 609, 610, 612, 614, 615, 616, 617, 618, 619, 620, 623, 626, 628, 629, 630, 631,
            636, 640, 641, 645, 646, 650, 651, 656, 657, 659, 660, 661, 662, 667, 669, 678, 680, 681, 682,
            686, 689, 701, 702, 703, 704, 706, 707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724,
            725, 726, 727, 728, 730, 731, 732, 734, 737, 738, 740, 743, 747, 748, 754, 757, 760, 762, 763,
            765, 769, 770, 771, 772, 773, 774, 775, 779, 781, 785, 786, 800, 801, 802, 803, 804, 805, 806,
            808, 810, 812, 813, 814, 815, 816, 817, 818, 820, 821, 826, 828, 830, 831, 832, 833, 835, 838,
            839, 840, 843, 844, 845, 847, 848, 850, 854, 855, 856, 857, 858, 859, 860, 862, 863, 864, 865,
            866, 870, 872, 877, 878, 888, 900, 901, 903, 904, 906, 907, 908, 909, 910, 912, 913, 914, 915,
            916, 917, 918, 919, 920, 925, 928, 929, 930, 931, 934, 936, 937, 938, 940, 941, 943, 945, 947,
            948, 949, 951, 952, 954, 956, 959, 970, 971, 972, 973, 975, 978, 979, 980, 984, 985, 986, 989,
        ],
    ),
    (
        "CA",
        &[
            204, 226, 236, 249, 250, 257, 263, 273, 289, 306, 343, 354, 365, 367, 368, 382, 403, 416, 418,
            428, 431, 437, 438, 450, 468, 474, 506, 514, 519, 548, 579, 581, 584, 587, 600, 604, 613, 622,
            633, 639, 647, 672, 683, 705, 709, 742, 753, 778, 780, 782, 807, 819, 825, 867, 873, 879, 902,
            905, 942,
        ],
    ),
    ("DO", &[809, 829, 849]),
    ("JM", &[658]),
    ("PR", &[787, 939]),
];

/// Three groups of digits, as the plan's numbers are written.
fn groups(national: u64) -> Option<(u64, u64, u64)> {
    TEN_DIGITS.contains(&national).then_some((
        national / 10_000_000,
        national / 10_000 % 1000,
        national % 10_000,
    ))
}

/// The country of a number that is a valid one of an area known here; `None` for all others, valid or not.
pub(super) fn country(national: u64) -> Option<Country> {
    let (area, exchange, _) = groups(national)?;
    if !EXCHANGE_FIRST_DIGITS.contains(&(exchange / 100)) {
        return None;
    }
    let area = u16::try_from(area).ok()?;
    let (country, _) = AREAS.iter().find(|(_, areas)| areas.binary_search(&area).is_ok())?;
    country.parse().ok()
}

/// As people of these countries write it, such as `(202) 555-0123`; `None` when it has not ten digits.
pub(super) fn national(national: u64) -> Option<String> {
    let (area, exchange, line) = groups(national)?;
    Some(format!("({area}) {exchange:03}-{line:04}"))
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};

    use super::*;

    fn number(national_number: u64) -> PhoneNumber {
        PhoneNumber { country_code: CODE, national_number, ..PhoneNumber::default() }
    }

    /// The country by the plans, if the number is valid.
    fn by_the_plans(national: u64) -> Option<Country> {
        let number = number(national);
        let region = PHONE_NUMBER_UTIL.get_region_for_number(&number)?;
        PHONE_NUMBER_UTIL.is_valid_number(&number).then(|| region.to_string().parse().ok())?
    }

    /// Every exchange of every listed area in turn, so that a run takes a second.
    #[test]
    fn areas_are_those_of_the_plans() {
        for (turn, area) in AREAS.iter().flat_map(|(_, areas)| *areas).enumerate() {
            for step in 0..8 {
                let step = (turn as u64 * 8 + step) * 37;
                let number =
                    u64::from(*area) * 10_000_000 + (200 + step % 800) * 10_000 + step * 7919 % 10_000;
                let known = country(number);
                assert!(known.is_some() && known == by_the_plans(number), "{number}");
            }
        }
        for other in [2_421_234_567, 8_761_234_567, 2_021_234_567, 2_020_234_567, 5_550_123, 12_025_550_123] {
            assert_eq!(country(other), None, "{other}");
        }
    }

    #[test]
    fn numbers_are_written_as_by_the_plans() {
        for step in 0..2000_u64 {
            let national_number = 2_000_000_000 + step * 3_998_117;
            let number = number(national_number);
            let wanted = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::National);
            assert_eq!(national(national_number).as_deref(), Some(&*wanted));
        }
        assert_eq!(national(9_999_999_999).as_deref(), Some("(999) 999-9999"));
        assert_eq!((national(1_999_999_999), national(10_000_000_000)), (None, None));
    }
}
