// The quiz of a chapter: what the page lists becomes a form. Nothing is sent, nothing is kept.
addEventListener("DOMContentLoaded", () => {
  for (const question of document.querySelectorAll(".quiz-question")) {
    const { name, right } = question.dataset;
    const ask = question.querySelector(".quiz-ask"), list = question.querySelector("ol"), answer = question.querySelector("details");
    const said = [...answer.querySelectorAll("ol > li")];

    const form = document.createElement("form");
    form.autocomplete = "off"; // or a browser would bring back what was chosen
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.append(...ask.childNodes);
    group.append(legend);
    const choices = [...list.children].map((item, k) => {
      const label = document.createElement("label"), input = document.createElement("input"), text = document.createElement("span");
      Object.assign(input, { type: "radio", name, value: k });
      text.innerHTML = `(${"abcdef"[k]}) ${(item.querySelector("p") ?? item).innerHTML}`;
      label.append(input, text);
      group.append(label);
      return label;
    });
    const check = document.createElement("button");
    Object.assign(check, { type: "submit", textContent: "Check" });
    const verdict = document.createElement("div");
    verdict.className = "quiz-verdict";
    verdict.setAttribute("role", "status");
    group.append(check, verdict);
    form.append(group);

    form.addEventListener("change", () => {
      verdict.replaceChildren();
      choices.forEach((label) => label.removeAttribute("data-verdict"));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.elements[name].value;
      const words = document.createElement("p");
      if (chosen === "") words.textContent = "Choose an answer first.";
      else words.innerHTML = (said[chosen].querySelector("p") ?? said[chosen]).innerHTML;
      verdict.replaceChildren(words);
      if (chosen === "") return;
      choices[chosen].dataset.verdict = chosen === right ? "right" : "wrong";
      answer.hidden = false;
    });

    answer.querySelector("summary").textContent = "All answers explained";
    answer.hidden = true; // until something was tried
    ask.remove();
    list.remove();
    question.prepend(form);
  }
});
