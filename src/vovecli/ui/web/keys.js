/** The keyboard: one key each, never while something is typed or with Ctrl, Alt or Meta. */

/**
 * @param {Record<string, () => void>} acts By the name of the key.
 */
export function listenToKeys(acts) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]"))
      return;
    const isTyping = target.matches("input, textarea, select");
    if (isTyping && event.key !== "Escape") return;
    // What is being read scrolls by the arrows; j and k move in the list from anywhere.
    if (event.key.startsWith("Arrow") && target.closest("#detail, #pictures")) return;
    const isPressing =
      target.matches("button, summary, a") && (event.key === "Enter" || event.key === " ");
    const act = acts[event.key];
    if (!act || isPressing) return;
    event.preventDefault();
    act();
  });
}
