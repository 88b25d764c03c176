// Whatever is larger than its place scrolls; let the keyboard reach it.
addEventListener("load", () => {
  const places = ".cell_output, .cell_output table, .cell_output figure, mjx-container, pre, .wide, .scores-frame, .pst-scrollable-table-container";
  for (const element of document.querySelectorAll(places)) {
    const style = getComputedStyle(element);
    const scrolls = (overflow, inner, outer) => /auto|scroll/.test(overflow) && inner > outer + 1;
    if (
      scrolls(style.overflowX, element.scrollWidth, element.clientWidth) ||
      scrolls(style.overflowY, element.scrollHeight, element.clientHeight)
    ) {
      element.tabIndex = 0;
    }
  }
});
