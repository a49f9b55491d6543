// What the pages do in the browser itself: nothing here asks another machine.
(() => {
  document.documentElement.lang = "ja"; // Streamlit says en: screen readers and the choice of Han glyphs go by that
  if (window.tenkyo) return; // Streamlit may run this again
  window.tenkyo = true;

  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without https only this machine may use the clipboard: the old way works elsewhere too.
      const area = Object.assign(document.createElement("textarea"), { value: text });
      area.style.position = "fixed";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  document.addEventListener("click", async (event) => {
    const marker = event.target.closest("[data-show]");
    if (marker) document.querySelector(`.st-key-${marker.dataset.show} button`)?.click();

    const button = event.target.closest("[data-copy], [data-link]");
    if (!button) return;
    const text = button.dataset.copy ?? new URL(button.dataset.link, location.origin + location.pathname).href;
    const said = (await copied(text)) ? "コピーしました" : "コピーできませんでした";
    button.dataset.label ??= button.textContent;
    button.textContent = said;
    setTimeout(() => (button.textContent = button.dataset.label), 2000);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const box = document.querySelector(".st-key-ask textarea");
    if (box) {
      event.preventDefault();
      box.focus();
    }
  });
})();
