'use strict';
// Data come from the JSON element; text enters the page as text only.
const root = document.documentElement;
const find = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
// A dict of ids: without a prototype no id, such as constructor, is found in it before it is put there.
const dict = (...sources) => Object.assign(Object.create(null), ...sources);
const both = (zh, en) => {
  const pair = document.createDocumentFragment();
  pair.append(make('span', { class: 'zh', lang: 'zh' }, zh), make('span', { class: 'en', lang: 'en' }, en));
  return pair;
};
const decoded = (text) => { try { return decodeURIComponent(text); } catch { return ''; } };
const named = (label) => both(label.zh, label.en);
const action = (content, act, attributes = {}) => {
  const button = make('button', { type: 'button', ...attributes }, ...[content].flat());
  button.addEventListener('click', act);
  return button;
};

function speak(language) {
  root.dataset.language = language;
  root.lang = language === 'en' ? 'en' : 'zh-CN';
  document.title = root.dataset[language === 'en' ? 'titleEn' : 'titleZh'];
}
find('language').addEventListener('click', () => speak(root.dataset.language === 'zh' ? 'en' : 'zh'));
find('language').hidden = false;

function save(name, blob) {
  const link = make('a', { download: name });
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const safe = (text) => `"${(/^'*[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

// A figure is saved as it is seen, in one language, or as its table.
function saveFigure(figure, kind) {
  const name = figure.id.slice('fig-'.length), language = root.dataset.language;
  if (kind === 'csv') {
    const text = (cell) => cell.querySelector('data')?.value ?? safe((cell.querySelector(`.${language}`) ?? cell).textContent);
    return save(`${name}.csv`, new Blob(['\ufeff', [...figure.querySelector('table').rows].map((row) => `${[...row.cells].map(text).join(',')}\r\n`).join('')], { type: 'text/csv' }));
  }
  const drawing = figure.querySelector('svg').cloneNode(true);
  for (const other of drawing.querySelectorAll(language === 'zh' ? '.en' : '.zh')) other.remove();
  drawing.removeAttribute('aria-hidden');
  const file = new Blob([new XMLSerializer().serializeToString(drawing)], { type: 'image/svg+xml' });
  if (kind === 'svg') return save(`${name}.svg`, file);
  const image = new Image(), canvas = make('canvas');
  image.onload = () => {
    Object.assign(canvas, { width: 3 * image.width, height: 3 * image.height });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((png) => save(`${name}.png`, png));
  };
  image.src = URL.createObjectURL(file);
}
for (const button of document.querySelectorAll('[data-save]')) button.addEventListener('click', () => saveFigure(button.closest('figure'), button.dataset.save));
for (const label of document.querySelectorAll('.view-download + label')) label.hidden = false;

// The tip of a mark is the row of the figure's table that it draws.
const tip = make('div', { id: 'tip', 'aria-hidden': 'true', hidden: '' });
document.body.append(tip);
document.addEventListener('pointerover', ({ target }) => {
  const mark = target.closest('[data-row]'), rows = mark?.closest('figure').querySelector('table').rows;
  tip.hidden = !mark;
  if (!mark) return;
  const contents = (cell) => cell.cloneNode(true).childNodes;
  tip.replaceChildren(...[...rows[Number(mark.dataset.row) + 1].cells].map((cell, k) => make('div', {}, ...contents(rows[0].cells[k]), both('：', ': '), ...contents(cell))));
  const box = mark.getBoundingClientRect(), below = box.bottom + tip.offsetHeight + 8 < innerHeight;
  Object.assign(tip.style, { left: `${Math.max(4, Math.min(box.right + 8, innerWidth - tip.offsetWidth - 8))}px`, top: `${below ? box.bottom + 4 : box.top - tip.offsetHeight - 4}px` });
});
