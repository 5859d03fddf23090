// All amounts and times that reach beyond an element around them, where they are cut off or stand over something else.
() => {
  const cut = [];
  let looked = 0;
  for (const element of document.querySelectorAll("main .money, main time")) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const { left, right } = range.getBoundingClientRect();
    if (left === right || element.closest(".off-screen")) continue;
    looked += 1;
    for (let around = element.parentElement; around !== document.body; around = around.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(around).overflowX)) break;
      const box = around.getBoundingClientRect();
      if (getComputedStyle(around).display !== "inline" && (right > box.right + 1 || left < box.left - 1)) {
        cut.push(`${element.textContent} in ${around.className || around.tagName}`);
        break;
      }
    }
  }
  return { looked, cut };
}
