// The body of a function: what is wrong with the page, as a list of complaints.
const defects = [];
const all = (selector) => [...document.querySelectorAll(selector)];
const seen = (element) => element.getClientRects().length > 0;
const text = (element) => element.textContent.trim();
const name = (element) =>
  `${element.tagName.toLowerCase()}#${element.id || element.name || text(element)}`;
const check = (bad, what) => bad && defects.push(what);

check(!document.documentElement.lang, 'html has no lang');
check(!document.title.trim(), 'no title');
check(!document.querySelector('meta[name=viewport]'), 'no viewport');
check(all('h1').length !== 1, 'not one h1');
check(!document.querySelector('main'), 'no main');
const width = document.scrollingElement.scrollWidth;
const room = document.documentElement.clientWidth;
check(width > room, `${width} wide in a window of ${room}`);
const ids = all('[id]').map((element) => element.id);
ids.forEach((id, at) => check(ids.indexOf(id) !== at, `id ${id} twice`));

const FIELDS = 'input:not([type=hidden]), select, textarea';
for (const field of all(FIELDS)) {
  const label = field.id && document.querySelector(`label[for='${field.id}']`);
  check(!label || !text(label), `${name(field)} has no label`);
  const described = (field.getAttribute('aria-describedby') || '').split(' ').filter(Boolean);
  const missing = described.filter((id) => !document.getElementById(id));
  check(missing.length, `${name(field)} is described by nothing: ${missing}`);
  const error = document.getElementById(`error-${field.name}`);
  if (!error || !seen(error) || !text(error)) continue;
  check(!described.includes(error.id), `${name(field)} is not described by its error`);
  check(field.getAttribute('aria-invalid') !== 'true', `${name(field)} is not aria-invalid`);
}

for (const part of all(`a[href], button, summary, ${FIELDS}`).filter(seen)) {
  const { height } = part.getBoundingClientRect();
  check(height < 40, `${name(part)} is ${height} high`);
  const named = text(part) || part.ariaLabel || part.matches(FIELDS);
  check(!named, `${name(part)} has no name`);
}

const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const linear = (value) =>
  value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const luminance = (colour) => {
  const [red, green, blue] = colour.map((channel) => linear(channel / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = channels(getComputedStyle(at).backgroundColor);
    if (colour[3] !== 0) return colour;
  }
  return [255, 255, 255];
};
const writes = (node) => node.nodeType === Node.TEXT_NODE && text(node);
for (const element of all('body *').filter(seen)) {
  if (element.disabled || ![...element.childNodes].some(writes)) continue;
  const pair = [channels(getComputedStyle(element).color), behind(element)].map(luminance);
  const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  check(contrast < 4.5, `${name(element)} has a contrast of ${contrast.toFixed(1)}`);
}
return defects;
