//! The judge of pages must be able to say no, or its yes means nothing.

use super::driver::{Browser, ENTER, TAB};
use super::page::Page;
use super::program::until;

const HEAD: &str = "<html lang=tr><title>T</title><meta charset=utf-8>\
    <meta name=viewport content='width=device-width'><style>*{min-height:40px}</style>\
    <main><h1>H</h1>";

const FORM: &str = "<form id=pay-out onsubmit=\"document.getElementById('status').dataset.status=\
    document.getElementById('name').value;return false\"><label for=name>N</label>\
    <input id=name name=name><button>B</button></form><p id=status></p>";

/// Each with a word of the complaint.
const BROKEN: [(&str, &str); 7] = [
    ("<input id=a>", "input#a has no label"),
    ("<button style='min-height:0;height:39px'>B</button>", "button#B is 39 high"),
    ("<button></button>", "button# has no name"),
    ("<div style='width:361px'>D</div>", "wide in a window of 360"),
    ("<p style='color:%23888'>P</p>", "p#P has a contrast of 3.5"),
    ("<p id=p></p><p id=p></p>", "id p twice"),
    (
        "<label for=a>L</label><input id=a name=a><p id=error-a>E</p>",
        "input#a is not described by its error",
    ),
];

#[test]
fn what_is_broken_is_found() {
    let Some(browser) = Browser::open() else { return };
    browser.window(360, 740, true);
    let page = Page(&browser);
    let visit = |body: &str| browser.visit(&format!("data:text/html,{HEAD}{body}"));
    visit(FORM);
    page.is_usable("a form");
    for (body, complaint) in BROKEN {
        visit(body);
        let defects = page.defects().to_string();
        assert!(defects.contains(complaint), "{body}: {defects}");
    }
    browser.visit("data:text/html,nothing");
    assert_eq!(page.defects().as_array().map(Vec::len), Some(5), "{}", page.defects());
}

#[test]
fn the_keyboard_is_a_turkish_one() {
    let Some(browser) = Browser::open() else { return };
    let page = Page(&browser);
    browser.visit(&format!("data:text/html,{HEAD}{FORM}"));
    // A page that was just loaded may not have the keyboard yet: what is typed then is nobody's.
    until("the first field's focus", || {
        if page.focus().is_empty() {
            browser.keys(TAB);
        }
        (page.focus() == "name").then_some(())
    });
    browser.keys("şğıİöçüŞĞ");
    browser.keys(ENTER);
    assert_eq!(until("the status", || page.status()), "şğıİöçüŞĞ");
    assert_eq!(page.language(), "tr");
}
