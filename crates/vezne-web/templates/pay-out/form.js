// Helps with the form while it is filled in. The server checks everything again, and the page works
// without this file.
"use strict";

(() => {
  const form = document.getElementById("pay-out");
  if (!form) return;
  const texts = form.dataset;
  const summary = document.getElementById("errors");
  const echo = document.getElementById("bank-echo");
  const button = document.getElementById("submit");
  const buttonText = button.textContent;
  const fields = [...form.elements].filter((field) => field.id.startsWith("field-"));
  const isIban = (field) => "iban" in field.dataset;
  const plain = (text) => text.replace(/\s+/g, "").toUpperCase();
  const grouped = (text) => plain(text).replace(/(.{4})(?=.)/g, "$1 ");
  const at = (text, value) => text.replace("{}", value);

  const remainder = (iban) => {
    let rest = 0;
    for (const letter of iban.slice(4) + iban.slice(0, 4)) {
      const value = parseInt(letter, 36);
      rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest;
  };

  const ibanHolds = (text) => {
    const iban = plain(text);
    if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
    if (texts.strict !== "true") return true;
    return (!iban.startsWith("TR") || iban.length === 26) && remainder(iban) === 1;
  };

  const problem = (field) => {
    const value = field.value.trim();
    if (value === "") return field.required ? texts.required : "";
    if (isIban(field)) return ibanHolds(value) ? "" : texts.iban;
    const most = field.maxLength;
    if (most > 0 && [...value].length > most) return at(texts.tooLong, most);
    const digits = Number(field.dataset.digits || 0);
    if (digits && (value.length !== digits || !/^[0-9]+$/.test(value))) {
      return at(texts.digits, digits);
    }
    return "";
  };

  const errorOf = (field) => document.getElementById("error-" + field.name);

  const check = (field) => {
    const text = problem(field);
    errorOf(field).textContent = text;
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    return text;
  };

  // Only the last question counts: an answer may be overtaken.
  let asked = 0;
  const showBank = async (field) => {
    const mine = ++asked;
    const iban = plain(field.value);
    if (!echo || echo.dataset.iban === iban) return;
    echo.dataset.iban = iban;
    echo.textContent = "";
    if (!ibanHolds(iban)) return;
    try {
      const page = location.pathname.replace(/\/+$/, "");
      const answer = await fetch(page + "/bank?iban=" + encodeURIComponent(iban));
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      if (mine === asked && told.valid && told.bank) echo.textContent = at(texts.bank, told.bank);
    } catch {
      // The name of the bank is a help and no condition.
      delete echo.dataset.iban;
    }
  };

  const group = (field) => {
    const before = field.value;
    const caret = field.selectionStart;
    const text = grouped(before);
    if (text === before) return;
    const left = plain(before.slice(0, caret)).length;
    field.value = text;
    const place = left + Math.floor(Math.max(left - 1, 0) / 4);
    field.setSelectionRange(place, place);
  };

  const showsBank = (field) =>
    isIban(field) && (field.getAttribute("aria-describedby") || "").includes("bank-echo");

  for (const field of fields) {
    field.addEventListener("blur", () => {
      check(field);
      if (showsBank(field)) showBank(field);
    });
    field.addEventListener("input", () => {
      if (isIban(field)) group(field);
      if (field.hasAttribute("aria-invalid")) check(field);
      if (showsBank(field) && ibanHolds(field.value)) showBank(field);
      else if (showsBank(field)) {
        asked += 1;
        delete echo.dataset.iban;
        echo.textContent = "";
      }
    });
  }

  const summarize = (wrong) => {
    const list = summary.querySelector("ul");
    list.replaceChildren(...wrong.map(([field, text]) => {
      const link = document.createElement("a");
      link.href = "#" + field.id;
      const label = form.querySelector(`label[for="${CSS.escape(field.id)}"]`);
      link.textContent = label.firstChild.textContent.trim() + ": " + text;
      const item = document.createElement("li");
      item.append(link);
      return item;
    }));
    summary.hidden = wrong.length === 0;
    if (wrong.length) summary.focus();
  };

  // A link in the summary leads into its field, not only to it.
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
  });

  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    const wrong = fields.map((field) => [field, check(field)]).filter(([, text]) => text);
    summarize(wrong);
    if (wrong.length) {
      event.preventDefault();
      return;
    }
    sent = true;
    button.disabled = true;
    button.textContent = texts.submitting;
  });

  // Back from the next page, the form can be used again; the order is still one.
  window.addEventListener("pageshow", () => {
    sent = false;
    button.disabled = false;
    button.textContent = buttonText;
  });

  if (!summary.hidden) summary.focus();
})();
