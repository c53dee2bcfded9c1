use proptest::prelude::*;

use super::{MAX_TEXT, all, lines, mismatch, named, of_iban};

const SOURCES: [&str; 4] = ["list", "list-2026", "registry", "ibans"];

#[test]
fn the_table_is_whole() {
    assert_eq!(all().len(), lines().count(), "a line does not read");
    let codes: Vec<&str> = all().iter().map(|bank| bank.code).collect();
    assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
    for bank in all() {
        let digits = bank.code.bytes().filter(u8::is_ascii_digit).count();
        assert_eq!((digits, bank.code.len()), (5, 5), "{bank:?}");
        assert!(bank.source.split(' ').all(|source| SOURCES.contains(&source)), "{bank:?}");
        assert!(bank.names().all(|name| !name.is_empty() && name.trim() == name), "{bank:?}");
        assert!(bank.names().all(|name| name.len() <= MAX_TEXT), "{bank:?}");
    }
}

#[test]
fn every_name_means_its_own_bank() {
    for (bank, name) in all().iter().flat_map(|bank| bank.names().map(move |name| (bank, name))) {
        for text in [name.to_owned(), name.to_lowercase(), name.to_uppercase()] {
            assert_eq!(named(&text), Some(bank), "{text}");
        }
    }
}

#[test]
fn what_people_write() {
    for (text, code) in [
        ("Akbank T.a.ş.", "00046"),
        ("AKBANK TAŞ", "00046"),
        ("ak bank", "00046"),
        ("Akbank", "00046"),
        ("Türkiye Garanti Bankası A.Ş", "00062"),
        ("T. GARANTİ BANKASI A.Ş.", "00062"),
        ("Garanti Bankası", "00062"),
        ("garanti bbva", "00062"),
        ("GarantiBBVA", "00062"),
        ("Türkiye Garanti Bankası Anonim Şirketi", "00062"),
        ("Türkiye Cumhuriyeti Ziraat Bankası A.ş.", "00010"),
        ("T.C. ZİRAAT BANKASI A.Ş.", "00010"),
        ("TC Ziraat Bankasi AS", "00010"),
        ("T. C. Ziraat Bankası", "00010"),
        ("ziraat", "00010"),
        ("Ziraatbank", "00010"),
        ("ziraat katilim", "00209"),
        ("ZİRAAT KATILIM BANKASI A.Ş.", "00209"),
        ("Ziraat Bankası Katılım", "00209"),
        ("IS BANKASI", "00064"),
        ("İŞ BANKASI", "00064"),
        ("ış bankası", "00064"),
        ("Türkiye İş Bankası", "00064"),
        ("Turkiye Is Bankasi A.S.", "00064"),
        ("T. İŞ BANKASI A.Ş.", "00064"),
        ("isbank", "00064"),
        ("İşbankası", "00064"),
        ("Tu\u{308}rkiye I\u{307}s\u{327} Bankası", "00064"),
        ("YAPI KREDİ", "00067"),
        ("yapi kredi bankasi", "00067"),
        ("Yapı & Kredi Bankası A.Ş.", "00067"),
        ("YapıKredi", "00067"),
        ("YKB", "00067"),
        ("DENIZBANK", "00134"),
        ("Deniz Bank A.Ş.", "00134"),
        ("QNB Finansbank", "00111"),
        ("finansbank", "00111"),
        ("FİNANS BANK", "00111"),
        ("QNB BANK A.Ş.", "00111"),
        ("Türkiye Finans", "00206"),
        ("T. Finans Katılım Bankası", "00206"),
        ("Vakıflar Bankası T.A.O.", "00015"),
        ("T.Vakıflar Bankası TAO", "00015"),
        ("Vakıfbank", "00015"),
        ("VAKIF BANKASI", "00015"),
        ("Vakıf Katılım", "00210"),
        ("Halk Bankası", "00012"),
        ("S\u{327}EKERBANK", "00059"),
        ("Teb", "00032"),
        ("T. EKONOMİ BANKASI A.Ş.", "00032"),
        ("ing", "00099"),
        ("İNG BANK", "00099"),
        ("Citi bank", "00092"),
        ("Société Générale", "00122"),
        ("SOCIETE GENERALE SA", "00122"),
        ("Standard Chartered Yatırım Bankası Türk Anonim Şirketi", "00121"),
        ("A&T Bank", "00091"),
        ("J.P. Morgan", "00098"),
        ("Kuveyt Türk Katılım Bankası", "00205"),
        ("KUVEYTTURK", "00205"),
        ("TOM", "00213"),
        ("enpara.com", "00157"),
        ("PTT", "00807"),
        ("PAPARA ELEKTRONİK PARA A.Ş.", "00829"),
    ] {
        assert_eq!(named(text).map(|bank| bank.code), Some(code), "{text}");
    }
}

#[test]
fn what_means_no_bank() {
    let long = format!("Akbank{}", " ".repeat(MAX_TEXT));
    for text in [
        "",
        " ",
        "Türkiye",
        "Bank",
        "Türkiye Bankası A.Ş.",
        "A.Ş.",
        "A",
        "T",
        "Katılım",
        "Yatırım Bankası",
        // Finansbank and Türkiye Finans both fit.
        "Finans",
        "Akbank / Garanti",
        "Deutsche Bank Frankfurt",
        "Garantili ödeme",
        "Ahmet Demir",
        "Банк",
        "🏦",
        long.as_str(),
    ] {
        assert_eq!(named(text), None, "{text}");
    }
}

#[test]
fn banks_of_ibans() {
    for (iban, code) in [
        ("TR110006200000000000000000", Some("00062")),
        ("tr11 0006 2000", Some("00062")),
        (" TR 11 00046", Some("00046")),
        ("TR110082900000000000000000", Some("00829")),
        // The samples of the published documents name no bank that exists.
        ("TR123445678945613245645", None),
        ("TR330006100519786457841326", None),
        ("DE110006200000000000000000", None),
        ("TRXX00062", None),
        ("TR11 0006", None),
        ("TR", None),
        ("", None),
        ("TRş1ş00062", None),
    ] {
        assert_eq!(of_iban(iban).map(|bank| bank.code), code, "{iban}");
    }
}

#[test]
fn only_two_known_banks_disagree() {
    let garanti = "TR110006200000000000000000";
    let found = mismatch(garanti, "Akbank T.a.ş.").expect("they differ");
    assert_eq!((found.named.code, found.of_iban.code), ("00046", "00062"));
    let words = "the bank was named as Akbank, but the IBAN belongs to Garanti BBVA";
    assert_eq!(found.to_string(), words);
    assert_eq!(mismatch(garanti, "Garanti Bankası"), None);
    assert_eq!(mismatch(garanti, "Anybank"), None);
    assert_eq!(mismatch("TR123445678945613245645", "Akbank"), None);
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>(), near in "[TtİIıiŞşA.ş\u{307}\u{327} bank]{0,24}") {
        for text in [text.as_str(), near.as_str()] {
            named(text);
            of_iban(text);
            mismatch(text, text);
        }
    }
}
