//! Language codes: three letters (ISO 639-3, as RapidPro has them) and two letters (ISO 639-1, as providers have them).

/// Three-letter and two-letter codes. Where several three-letter codes share one of two letters (a language and the
/// form of it that most people write), all are here and the first is the one to go back to.
const CODES: &str = "\
aar aa,abk ab,afr af,aka ak,sqi sq,als sq,amh am,ara ar,arb ar,arg an,hye hy,asm as,ava av,ave ae,aym ay,ayr ay,\
aze az,azj az,bam bm,bak ba,eus eu,bel be,ben bn,bih bh,bis bi,bos bs,bre br,bul bg,mya my,cat ca,cha ch,che ce,\
nya ny,zho zh,chv cv,cor kw,cos co,cre cr,hrv hr,ces cs,dan da,div dv,nld nl,dzo dz,eng en,epo eo,est et,ekk et,\
ewe ee,fao fo,fij fj,fin fi,fra fr,ful ff,fuc ff,glg gl,kat ka,deu de,ell el,grn gn,gug gn,guj gu,hat ht,hau ha,heb he,\
her hz,hin hi,hmo ho,hun hu,ina ia,ind id,ile ie,gle ga,ibo ig,ipk ik,ido io,isl is,ita it,iku iu,jpn ja,jav jv,kal kl,\
kan kn,kau kr,kas ks,kaz kk,khm km,kik ki,kin rw,kir ky,kom kv,kpv kv,kon kg,kor ko,kur ku,kmr ku,kua kj,lat la,ltz lb,\
lug lg,lim li,lin ln,lao lo,lit lt,lub lu,lav lv,lvs lv,glv gv,mkd mk,mlg mg,plt mg,msa ms,zsm ms,mal ml,mlt mt,mri mi,\
mar mr,mah mh,mon mn,khk mn,nau na,nav nv,nob nb,nor nb,nde nd,nep ne,npi ne,ndo ng,nno nn,iii ii,nbl nr,oci oc,oji oj,\
chu cu,orm om,gaz om,ori or,ory or,oss os,pan pa,pli pi,fas fa,pes fa,prs fa,pol pl,pus ps,pbt ps,pst ps,por pt,que qu,\
roh rm,run rn,ron ro,rus ru,san sa,srd sc,snd sd,sme se,smo sm,sag sg,srp sr,gla gd,sna sn,sin si,slk sk,slv sl,som so,\
sot st,spa es,sun su,swa sw,swh sw,ssw ss,swe sv,tam ta,tel te,tgk tg,tha th,tir ti,bod bo,tuk tk,tgl tl,tsn tn,ton to,\
tur tr,tso ts,tat tt,twi tw,tah ty,uig ug,ukr uk,urd ur,uzb uz,uzn uz,ven ve,vie vi,vol vo,wln wa,cym cy,wol wo,fry fy,\
xho xh,yid yi,ydd yi,yor yo,zha za,zul zu";

fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    CODES.split(',').filter_map(|pair| pair.split_once(' '))
}

/// The two-letter code of a language, if it has one.
#[must_use]
pub fn two_letters(code: &str) -> Option<&'static str> {
    pairs().find(|(three, _)| *three == code).map(|(_, two)| two)
}

/// The three-letter code of a language of two letters.
#[must_use]
pub fn three_letters(code: &str) -> Option<&'static str> {
    pairs().find(|(_, two)| *two == code).map(|(three, _)| three)
}

/// The shortest code of a language: two letters where there are such, else the three.
#[must_use]
pub fn shortest(code: &str) -> &str {
    two_letters(code).unwrap_or(code)
}

/// Where a language is assumed to be spoken when nothing is said, for the languages of many countries.
const MAIN_COUNTRIES: &[(&str, &str)] = &[
    ("en", "US"),
    ("es", "ES"),
    ("fr", "FR"),
    ("pt", "BR"),
    ("ar", "EG"),
    ("zh", "CN"),
    ("de", "DE"),
    ("it", "IT"),
    ("nl", "NL"),
    ("sw", "TZ"),
    ("bn", "BD"),
    ("ur", "PK"),
    ("ta", "IN"),
    ("ru", "RU"),
    ("so", "SO"),
    ("ti", "ET"),
];

/// The one of the available locales (`en-US`, `es_EC`, `fra-CA`...) that fits the preferred ones best: same language
/// and country, then the language alone, then in its main country, then in any; the preferred ones in their order.
/// When none fits, the first available.
#[must_use]
pub fn best_locale<'a>(preferred: &[&str], available: &[&'a str]) -> Option<&'a str> {
    let parsed: Vec<(&'a str, String, String)> = available
        .iter()
        .map(|locale| {
            let (language, country) = split_locale(locale);
            (*locale, language, country)
        })
        .collect();
    for wanted in preferred {
        let (language, country) = split_locale(wanted);
        let main = MAIN_COUNTRIES.iter().find(|(l, _)| *l == language).map_or("", |(_, country)| *country);
        let rank = |other: &str| match other {
            other if other == country => 0,
            "" => 1,
            other if other == main => 2,
            _ => 3,
        };
        let best = parsed.iter().filter(|(_, l, _)| *l == language).min_by_key(|(_, _, other)| rank(other));
        if let Some((locale, ..)) = best {
            return Some(locale);
        }
    }
    available.first().copied()
}

fn split_locale(locale: &str) -> (String, String) {
    let (language, country) = locale.split_once(['-', '_']).unwrap_or((locale, ""));
    (shortest(&language.to_lowercase()).to_owned(), country.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_two_and_three_letters() {
        assert_eq!(two_letters("spa"), Some("es"));
        assert_eq!(two_letters("prs"), Some("fa"));
        assert_eq!(three_letters("ku"), Some("kur"));
        assert_eq!(shortest("rhg"), "rhg");
        assert!(pairs().all(|(three, two)| three.len() == 3 && two.len() == 2));
    }

    #[test]
    fn the_nearest_locale_is_taken() {
        assert_eq!(best_locale(&["por", "spa-EC"], &["en", "es", "es_EC"]), Some("es_EC"));
        assert_eq!(best_locale(&["fra-CD"], &["fr-CA", "fr"]), Some("fr"));
        assert_eq!(best_locale(&["ukr"], &["de", "en"]), Some("de"));
        assert_eq!(best_locale(&["ukr"], &[]), None);
    }
}
