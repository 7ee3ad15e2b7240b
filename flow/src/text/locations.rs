//! Places that contain places: country, state, district, ward.
use serde::{Deserialize, Serialize};

/// What stands between the names of a path, `Ecuador > Pichincha > Quito`.
pub const PATH_SEPARATOR: &str = " > ";
/// The deepest level that is read: country 0, state 1, district 2, ward 3, and room below.
pub const MAX_LEVELS: usize = 8;

/// A place and the places within it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Place>,
}

/// A country's places, prepared for look-up by name and by path.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    places: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    path: String,
    level: usize,
    /// Name and aliases as they are compared.
    names: Vec<String>,
    /// The same, split into words.
    words: Vec<Vec<String>>,
    parent: Option<usize>,
}

fn words_of(text: &str) -> Vec<String> {
    let pieces = text.split(|letter: char| !(letter.is_alphanumeric() || is_mark(letter)));
    pieces.filter(|piece| !piece.is_empty()).map(super::lower).collect()
}

const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36F}' | '\u{64B}'..='\u{65F}' | '\u{900}'..='\u{D4D}')
}

impl Hierarchy {
    /// Prepares a country and all within it; what lies deeper than [`MAX_LEVELS`] is left out.
    #[must_use]
    pub fn new(country: &Place) -> Self {
        let mut hierarchy = Self { places: Vec::new() };
        hierarchy.add(country, 0, None);
        hierarchy
    }

    fn add(&mut self, place: &Place, level: usize, parent: Option<usize>) {
        if level >= MAX_LEVELS {
            return;
        }
        let path = match parent.and_then(|p| self.places.get(p)) {
            Some(parent) => format!("{}{PATH_SEPARATOR}{}", parent.path, place.name),
            None => place.name.clone(),
        };
        let names: Vec<String> =
            std::iter::once(&place.name).chain(&place.aliases).map(|n| comparable(n)).collect();
        let words = names.iter().map(|name| words_of(name)).filter(|words| !words.is_empty()).collect();
        self.places.push(Entry { path, level, names, words, parent });
        let own = self.places.len() - 1;
        for child in &place.children {
            self.add(child, level + 1, Some(own));
        }
    }

    /// The paths of the places of that level with that name or alias (or whose whole path this is), within the
    /// place of path `within` if given.
    #[must_use]
    pub fn find_by_name(&self, name: &str, level: usize, within: Option<&str>) -> Vec<&str> {
        if is_possible_path(name) {
            let found = self
                .find_by_path(name)
                .filter(|path| self.places.iter().any(|place| place.path == **path && place.level == level));
            return found.into_iter().collect();
        }
        let name = comparable(name);
        let within = within.map(comparable_path);
        self.places
            .iter()
            .filter(|place| place.level == level && place.names.contains(&name))
            .filter(|place| {
                let Some(within) = &within else { return true };
                let parent = place.parent.and_then(|p| self.places.get(p));
                parent.is_some_and(|parent| comparable_path(&parent.path) == *within)
            })
            .map(|place| place.path.as_str())
            .collect()
    }

    /// The path of the place of that level which a text names, as a whole or with some of its words: the longest name
    /// counts, among equals the first in the text.
    #[must_use]
    pub fn find_in_text(&self, text: &str, level: usize, within: Option<&str>) -> Option<&str> {
        if let Some(found) = self.find_by_name(text, level, within).first() {
            return Some(found);
        }
        let words = words_of(text);
        let within = within.map(comparable_path);
        let mut best: Option<(usize, usize, &str)> = None;
        for place in self.places.iter().filter(|place| place.level == level) {
            if within.as_ref().is_some_and(|within| !comparable_path(&place.path).starts_with(&**within)) {
                continue;
            }
            for name in &place.words {
                let Some(at) = words.windows(name.len().max(1)).position(|window| window == name) else {
                    continue;
                };
                let better = best.is_none_or(|(length, start, _)| {
                    name.len() > length || (name.len() == length && at < start)
                });
                if better {
                    best = Some((name.len(), at, &place.path));
                }
            }
        }
        best.map(|(_, _, path)| path)
    }

    /// The proper path of a place, from a path in any case and spacing.
    #[must_use]
    pub fn find_by_path(&self, path: &str) -> Option<&str> {
        let path = comparable_path(path);
        self.places.iter().find(|place| comparable_path(&place.path) == path).map(|place| place.path.as_str())
    }
}

fn comparable(name: &str) -> String {
    let words: Vec<String> = name.trim().to_lowercase().split_whitespace().map(str::to_owned).collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

fn comparable_path(path: &str) -> String {
    let names: Vec<String> = path.split('>').map(comparable).collect();
    names.join(PATH_SEPARATOR)
}

/// Whether a text could be a path at all.
#[must_use]
pub fn is_possible_path(text: &str) -> bool {
    text.contains('>')
}

/// The last name of a path.
#[must_use]
pub fn name_of_path(path: &str) -> &str {
    path.rsplit('>').next().unwrap_or(path).trim()
}

/// A path with its spacing put right and every word capitalised, for paths of places that are not known.
#[must_use]
pub fn normalise_path(path: &str) -> String {
    let title = |name: &str| super::title(&comparable(name));
    let names: Vec<String> = path.split('>').map(title).collect();
    names.join(PATH_SEPARATOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ecuador() -> Hierarchy {
        let place = |name: &str, aliases: &[&str], children: Vec<Place>| Place {
            name: name.to_owned(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            children,
        };
        let quito = place("Quito", &["UIO"], vec![]);
        Hierarchy::new(&place(
            "Ecuador",
            &[],
            vec![place("Pichincha", &[], vec![quito]), place("El Oro", &[], vec![])],
        ))
    }

    #[test]
    fn places_are_found_by_name_alias_and_path() {
        let places = ecuador();
        assert_eq!(places.find_by_name(" uio ", 2, None), ["Ecuador > Pichincha > Quito"]);
        assert_eq!(places.find_by_name("quito", 1, None), Vec::<&str>::new());
        assert_eq!(places.find_by_name("quito", 2, Some("Ecuador > El Oro")), Vec::<&str>::new());
        assert_eq!(places.find_by_path("ecuador>el  oro"), Some("Ecuador > El Oro"));
        assert_eq!(name_of_path("Ecuador > El Oro"), "El Oro");
        assert_eq!(normalise_path("peru>LIMA  norte"), "Peru > Lima Norte");
    }
}
