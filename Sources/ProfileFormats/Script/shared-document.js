// What the scripts of flame graphs and of pages do with a document: make elements, copy text, keep the address.

const [SVG, HTML] = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"];

// An element with attributes, without those that are null, with listeners such as `onclick`, and with children; texts
// stay texts.
function makeIn(namespace, name, attributes, children) {
  const made = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const make = (name, attributes = {}, ...children) => makeIn(HTML, name, attributes, children);
const makeShape = (name, attributes = {}, ...children) => makeIn(SVG, name, attributes, children);

// Returns whether the text could be copied; `holder` is an element that may get a child for it.
async function copy(text, holder) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Where a page may not use the clipboard by itself, it may copy what is selected.
    const field = make("textarea", { class: "unseen" });
    field.value = text;
    holder.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
}

const isAt = (address) => (location.hash || "#") === address;

function writeAddress(address, isNewStep) {
  if (isAt(address)) return;
  try {
    history[isNewStep ? "pushState" : "replaceState"](null, "", address);
  } catch {
    // A sandboxed page may not change its address; it works without it.
  }
}
