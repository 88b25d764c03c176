// Whatever is larger than its place scrolls: let the keyboard reach it, and say so where a finger would not guess.
addEventListener("load", () => {
  const places = ".cell_output, .cell_output table, .cell_output figure, mjx-container, pre, .wide, .scores-frame, .pst-scrollable-table-container";
  const scrolls = (overflow, inner, outer) => /auto|scroll/.test(overflow) && inner > outer + 1;

  /** The words stand before what scrolls, or before a figure's caption, which stays in view. */
  function hint(element, wide) {
    const old = element.matches("figure") ? element.querySelector(":scope > .scroll-hint") : element.previousElementSibling;
    const there = old?.matches(".scroll-hint") ? old : null;
    if (!wide) return there?.remove();
    if (there) return;
    const words = document.createElement("p");
    Object.assign(words, { className: "scroll-hint", textContent: "Wider than the screen: swipe sideways" });
    words.setAttribute("aria-hidden", "true"); // readers of the screen do not swipe to see
    if (element.matches("figure")) element.insertBefore(words, element.querySelector("figcaption"));
    else element.before(words);
  }
  function look() {
    for (const element of document.querySelectorAll(places)) {
      const style = getComputedStyle(element);
      const wide = scrolls(style.overflowX, element.scrollWidth, element.clientWidth);
      if (wide || scrolls(style.overflowY, element.scrollHeight, element.clientHeight)) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
      element.classList.toggle("scrolls", wide);
      if (element.matches("figure, table, .wide, .scores-frame, .pst-scrollable-table-container")) hint(element, wide);
    }
  }
  look();
  new ResizeObserver(look).observe(document.querySelector("article") ?? document.body); // the window, and the bars beside
});
