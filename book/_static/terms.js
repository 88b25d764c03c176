// Terms explain themselves where they stand: when they are pointed at, focused, or tapped. Escape closes.
addEventListener("DOMContentLoaded", () => {
  const terms = [...document.querySelectorAll("a[data-definition]")];
  if (!terms.length) return;
  const box = document.createElement("div");
  Object.assign(box, { id: "term-definition", className: "term-definition", hidden: true });
  box.setAttribute("role", "note");
  document.body.append(box);
  let term = null, finger = false, timer = 0;

  function open(next) {
    clearTimeout(timer);
    if (term === next) return;
    close();
    term = next;
    const words = document.createElement("p"), more = document.createElement("a");
    words.textContent = term.dataset.definition;
    Object.assign(more, { href: term.href, textContent: "In the glossary" });
    box.replaceChildren(words, more);
    box.hidden = false;
    term.setAttribute("aria-describedby", box.id);
    place();
  }
  function close() {
    clearTimeout(timer);
    term?.removeAttribute("aria-describedby");
    term = null;
    box.hidden = true;
  }
  /** Below the term, within the window; above it where there is no room below. */
  function place() {
    const at = term.getClientRects()[0], own = box.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(at.left, wide - own.width - 8));
    const below = at.bottom + 4, fits = below + own.height <= innerHeight;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(fits ? below : Math.max(4, at.top - own.height - 4)) + scrollY}px`;
  }
  const soon = () => { timer = setTimeout(close, 250); }; // long enough to reach the box with the mouse

  for (const link of terms) {
    link.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") open(link); });
    link.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") soon(); });
    link.addEventListener("pointerdown", (event) => { finger = event.pointerType !== "mouse"; });
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) open(link); });
    link.addEventListener("blur", (event) => { if (!box.contains(event.relatedTarget)) soon(); });
    link.addEventListener("click", (event) => {
      if (!finger) return; // the mouse and the Enter key follow the link
      finger = false;
      event.preventDefault();
      if (term === link) close();
      else open(link);
    });
  }
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") soon(); });
  box.addEventListener("focusout", (event) => { if (event.relatedTarget !== term) soon(); });
  box.addEventListener("focusin", () => clearTimeout(timer));
  addEventListener("keydown", (event) => { if (event.key === "Escape" && term) close(); });
  document.addEventListener("pointerdown", (event) => {
    if (term && !box.contains(event.target) && !event.target.closest("a[data-definition]")) close();
  });
  addEventListener("resize", close);
});
