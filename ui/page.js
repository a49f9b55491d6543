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

  // A button may be drawn a moment after what stands for it: where it is not there yet, it is waited for, five seconds.
  const press = (selector, tries = 50) => {
    const button = document.querySelector(selector);
    if (button) button.click();
    else if (tries) setTimeout(() => press(selector, tries - 1), 100);
  };

  document.addEventListener("click", async (event) => {
    const marker = event.target.closest("[data-show]");
    if (marker) press(`.st-key-${marker.dataset.show} button`);

    const skip = event.target.closest("[data-skip]");
    if (skip) {
      const newest = '[class*="st-key-newest-"]';
      const places = {
        answer: [`${newest} .tk-answer`, `${newest} .tk-message, ${newest} .tk-welcome`, ".stMain .stHtml h2"],
        question: [".st-key-ask textarea", ".stMain .stHtml h2"],
        sources: [`${newest} [class*="st-key-show-"] button`, `${newest} .tk-answer`, `${newest} .tk-welcome`],
      };
      const place = places[skip.dataset.skip].map((one) => document.querySelector(one)).find((one) => one);
      if (place && place.tabIndex < 0) place.tabIndex = -1; // to be read from here on, without a stop of its own
      place?.focus();
    }

    const way = event.target.closest("[data-to]");
    if (way) {
      const place = document.querySelector(`.st-key-${way.dataset.to} .tk-answer`);
      if (place) place.tabIndex = -1;
      place?.focus();
    }

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

  // Streamlit's own words are English. What is seen is put right in style.css; here is what a screen reader says,
  // and the few texts that hold a name or a number.
  const words = [
    [/^Close$/, "閉じる"],
    [/^Open$/, "選択肢を開く"],
    [/^Clear( all| entry| value)?$/, "消す"],
    [/^Main menu$/, "メニュー"],
    [/^Skip to main content$/, "本文へ移動"],
    [/^file upload$/, "ファイルを選ぶ"],
    [/^Add files$/, "ファイルを追加"],
    [/^Upload .*$/, "ファイルを選ぶ"],
    [/^Remove (.+)$/, "$1 を取りやめる"],
    [/^Choose an option$/, "選んでください"],
    [/^Choose options$/, "選んでください"],
    [/^Selected values$/, "選んだもの"],
    [/^Select all$/, "すべて選ぶ"],
    [/^Send message$/, "送る"],
    [/^(\d+) options? available\.$/, "選択肢は $1 個です。"],
    [/^Dismiss$/, "閉じる"],
    [/^add icon$/, ""],
    [/^No results$/, "当てはまるものがありません"],
    [/^Error:$/, "取り込めません:"],
    [/^File must be (.+) or smaller\.$/, "$1 以下のファイルだけを取り込めます。"],
    [/^.* files are not allowed\.$/, "この種類のファイルは取り込めません。"],
    [/^Failed to generate file for download$/, "ダウンロードできませんでした。資料が外されていないか確かめてください。"],
    [/^Download failed$/, "ダウンロードできませんでした。もう一度お試しください。"],
  ];
  // Whole sentences that no document and no question of ours says: they are put right wherever they stand.
  const sentences = [
    [/^Connection error$/, "画面のサーバーとの接続が切れました"],
    [
      /^(Streamlit server is not responding|Connection failed|Is Streamlit still running).*$/,
      "つながりしだい、この画面は自動で元に戻ります。戻らないときは、典拠を起動した画面（端末）が閉じられていないか確かめてください。",
    ],
  ];
  const spoken = ["aria-label", "placeholder", "title"];
  const ours = ".stHtml, .stMarkdown, [data-testid=stMarkdownContainer], input, textarea, script, style";
  const inJapanese = (text) => {
    const known = words.find(([english]) => english.test(text));
    return known ? text.replace(...known) : null;
  };
  const translateAttributes = (element) => {
    for (const name of spoken) {
      const japanese = element.hasAttribute(name) ? inJapanese(element.getAttribute(name)) : null;
      if (japanese !== null) element.setAttribute(name, japanese);
    }
  };
  const translateText = (node) => {
    const text = node.data.trim();
    const sentence = sentences.find(([english]) => english.test(text));
    const japanese = sentence ? sentence[1] : node.parentElement?.closest(ours) ? null : inJapanese(text);
    if (japanese !== null) node.data = japanese;
  };
  const translate = (node) => {
    if (node.nodeType === Node.TEXT_NODE) translateText(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    translateAttributes(node);
    const all = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (all.nextNode()) {
      const one = all.currentNode;
      if (one.nodeType === Node.TEXT_NODE) translateText(one);
      else translateAttributes(one);
    }
  };
  // What a model writes is read out as it arrives; whoever stands on what goes away with that stays beside it.
  const written = '[class*="st-key-written-"]';
  let stood = null;
  document.addEventListener("focusin", (event) => {
    const box = event.target.closest(written);
    stood = box && { box, element: event.target };
  });
  const listen = () => {
    for (const box of document.querySelectorAll(`${written}:not([aria-live])`)) {
      box.setAttribute("role", "log");
      box.setAttribute("aria-live", "polite");
      box.setAttribute("aria-label", "AIによる文章");
    }
    if (!stood || stood.element.isConnected || document.activeElement !== document.body) return;
    const box = stood.box.isConnected ? stood.box : document.querySelector(`[class*="st-key-newest-"] ${written}`);
    stood = null;
    if (!box) return;
    box.tabIndex = -1;
    box.focus({ preventScroll: true });
  };
  new MutationObserver((changes) => {
    listen();
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(translate);
      else if (change.type === "characterData") translateText(change.target);
      else translateAttributes(change.target);
    }
  }).observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: spoken,
  });
  translate(document.body);
})();
