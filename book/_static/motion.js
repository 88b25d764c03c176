// The first page's animation can be stopped (WCAG 2.2.2); who asked for less motion gets it stopped.
addEventListener("DOMContentLoaded", () => {
  for (const picture of document.querySelectorAll(".landing picture")) {
    const image = picture.querySelector("img"), source = picture.querySelector("source");
    const moving = image.src, still = source.srcset;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "motion";
    const show = (playing) => {
      source.remove(); // from now on the button decides
      image.src = playing ? moving : still;
      button.textContent = playing ? "Pause" : "Play";
      button.setAttribute("aria-label", `${button.textContent} the animation`);
      button.onclick = () => show(!playing);
    };
    show(!matchMedia("(prefers-reduced-motion: reduce)").matches);
    picture.after(button);
  }
});
