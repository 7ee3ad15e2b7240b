//! Makes inputs: samples that are changed a little, and expressions made up from their grammar.

/// Random numbers from a seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// The dice of one round: any round can be played again alone.
    pub fn of_round(seed: u64, round: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn one_of<'t, T: ?Sized>(&mut self, items: &[&'t T]) -> &'t T {
        items[self.below(items.len())]
    }
}

/// The longest input.
const MAX_BYTES: usize = 20_000;
/// The most changes of one input.
const MAX_CHANGES: usize = 6;

/// Changes a sample here and there.
pub fn mutated(dice: &mut Dice, samples: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut data = samples[dice.below(samples.len())].clone();
    for _ in 0..=dice.below(MAX_CHANGES) {
        let at = dice.below(data.len() + 1);
        let end = (at + 1 + dice.below(12)).min(data.len());
        match dice.below(8) {
            0 if at < data.len() => data[at] ^= 1 << dice.below(8),
            1 if at < data.len() => data[at] = dice.below(256) as u8,
            2 if at < end => drop(data.drain(at..end)),
            3 if at < end => {
                let piece = data[at..end].to_vec();
                for _ in 0..=dice.below(40) {
                    data.splice(at..at, piece.iter().copied());
                }
            }
            4 => {
                let other = &samples[dice.below(samples.len())];
                let from = dice.below(other.len() + 1);
                let to = (from + dice.below(60)).min(other.len());
                data.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let word = dice.one_of(words).as_bytes();
                let replaced = if dice.below(2) == 0 { at } else { end.max(at) };
                data.splice(at..replaced, word.iter().copied());
            }
        }
    }
    data.truncate(MAX_BYTES);
    data
}

/// An expression by the grammar.
pub fn expression(dice: &mut Dice, depth: usize, functions: &[&str], out: &mut String) {
    const NAMES: [&str; 14] = [
        "contact",
        "fields.age",
        "fields.arrived",
        "contact.groups",
        "results.need",
        "results",
        "input.text",
        "urns.tel",
        "node",
        "trigger.params",
        "webhook",
        "x",
        "contact.urns[0]",
        "run.path",
    ];
    const LITERALS: [&str; 16] = [
        "0",
        "1",
        "-1",
        "0.5",
        "99999999999999999999",
        "\"\"",
        "\"a b\"",
        "\"2020-02-30\"",
        "true",
        "null",
        "\"١٢\"",
        "\"12:61 pm\"",
        "1000000",
        "\"{}\"",
        "\"[1,\"",
        "\"ß\u{301}\u{202e}\"",
    ];
    const OPERATORS: [&str; 12] =
        [" + ", " - ", " * ", " / ", " ^ ", " & ", " = ", " != ", " < ", " > ", " <= ", " >= "];
    let leaf = depth == 0;
    match dice.below(if leaf { 2 } else { 9 }) {
        0 => out.push_str(dice.one_of(&LITERALS)),
        1 => out.push_str(dice.one_of(&NAMES)),
        2 => {
            out.push('(');
            expression(dice, depth - 1, functions, out);
            out.push(')');
        }
        3 => {
            out.push('-');
            expression(dice, depth - 1, functions, out);
        }
        4 | 5 => {
            expression(dice, depth - 1, functions, out);
            out.push_str(dice.one_of(&OPERATORS));
            expression(dice, depth - 1, functions, out);
        }
        6 => {
            out.push_str("((x) => ");
            expression(dice, depth - 1, functions, out);
            out.push_str(")(");
            expression(dice, depth - 1, functions, out);
            out.push(')');
        }
        _ => {
            out.push_str(dice.one_of(functions));
            out.push('(');
            for argument in 0..dice.below(5) {
                if argument > 0 {
                    out.push_str(", ");
                }
                expression(dice, depth - 1, functions, out);
            }
            out.push(')');
        }
    }
}
