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

// The joining rule: the same as lab.py, tested against it.
function joined(cells, weights, method, exponent, least) {
  const power = { arithmetic: 1, geometric: 0, harmonic: -1 }[method] ?? exponent;
  let sum = 0, total = 0, there = 0;
  cells.forEach((cell, k) => {
    if (cell === null) return;
    there += 1;
    total += weights[k];
    if (weights[k] > 0) sum += weights[k] * (power === 1 ? cell : power === 0 ? Math.log(cell) : cell ** power);
  });
  if (there < least || !(total > 0)) return null;
  const mean = sum / total;
  const score = power === 1 ? mean : power === 0 ? Math.exp(mean) : mean ** (1 / power);
  return Number.isNaN(score) ? null : score;
}

function evaluate(design, shares, row, leaves) {
  const known = dict(), covered = dict();
  leaves.forEach((leaf, j) => { known[leaf] = row[j]; covered[leaf] = row[j] === null ? 0 : 1; });
  for (const node of design.inner) {
    const children = design.tree[node];
    const weights = children.map((child) => shares[child] ?? 0);
    const leafy = !children.some((child) => child in design.tree);
    const [method, exponent] = design.joins[node];
    known[node] = joined(children.map((child) => known[child] ?? null), weights, method, exponent, leafy ? design.least : children.length);
    covered[node] = children.reduce((sum, child, k) => sum + weights[k] * (covered[child] ?? 0), 0);
  }
  return { known, coverage: Math.min(1, Math.max(0, covered[design.root])) };
}

// Competition ranks 1, 2, 2, 4: a tie is a score within `tie` of the first of its group.
function competition(scores, tie) {
  const order = scores.map((score, i) => [score, i]).filter(([score]) => score !== null).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  const ranks = scores.map(() => null);
  let first = 0;
  order.forEach(([score, i], k) => {
    if (order[first][0] - score > tie) first = k;
    ranks[i] = first + 1;
  });
  return ranks;
}

const preorder = (tree, node) => [node, ...(tree[node] ?? []).filter((child) => child in tree).flatMap((child) => preorder(tree, child))];

function lab(data, ends) {
  for (const design of data.designs) design.inner = preorder(design.tree, design.root).reverse();
  const base = data.designs[0];
  const state = { design: base, fixed: null, year: data.years.length - 1, shares: dict(), pinned: [] };
  const year = () => data.years[state.year];
  const sharesOf = (design) => dict(design.shares[year()] ?? design.shares.all);
  const parentIn = (design, node) => Object.keys(design.tree).find((above) => design.tree[above].includes(node));
  const empty = new Set(data.empty);
  const sliders = new Map(), publishedRanks = {}, body = find('lab-rows'), sort = find('lab-sort'), years = find('lab-year'), made = [];

  function compute(design, shares) {
    const found = data.values[state.year].map((row) => evaluate(design, shares, row, data.leaves));
    const scores = found.map(({ known }) => (known[design.root] === null ? null : 100 * known[design.root]));
    const ranks = competition(scores.map((score, i) => (found[i].coverage >= data.rankFrom ? score : null)), data.tie);
    return { found, scores, ranks };
  }

  function current() {
    const [scores, ranks] = state.fixed?.years[year()] ?? [];
    return state.fixed ? { found: null, scores, ranks } : compute(state.design, state.shares);
  }

  const partsOf = (design) => {
    const lowest = design.inner.filter((node) => node !== design.root && !design.tree[node].some((child) => child in design.tree)).reverse();
    return lowest.length ? lowest : design.tree[design.root];
  };

  function globalShare(node) {
    const parent = parentIn(state.design, node);
    return parent ? state.shares[node] * globalShare(parent) : 1;
  }

  // Ranking table: rows are made once and moved; of many units the first, the last, or those searched for.
  function rowOf(i) {
    if (made[i]) return made[i];
    const unit = data.units[i], cells = ['rank', 'name text', 'bar', 'score', 'move', 'range', 'pin noprint'].map((name) => make('td', { class: name }));
    const toggle = () => { state.pinned = state.pinned.includes(i) ? state.pinned.filter((k) => k !== i) : [...state.pinned, i].slice(-2); draw(); };
    const pin = action('⇄', toggle, { 'aria-pressed': 'false', 'aria-label': `对比 / Compare: ${unit.zh} / ${unit.en}` });
    cells[1].append(make('a', { href: `#profile-${unit.id}` }, named(unit)));
    cells[6].append(pin);
    const row = make('tr', {}, ...cells);
    row.dataset.unit = unit.id;
    return (made[i] = { row, cells, pin, segments: [], parts: null });
  }

  const swatch = (colour) => { const piece = make('i'); piece.style.background = colour ?? '#5b6672'; return piece; };

  function stacked(entry, parts, design) {
    if (entry.parts === parts) return;
    entry.parts = parts;
    entry.segments = parts.map((node) => swatch(design.colours[node]));
    entry.cells[2].replaceChildren(make('div', { class: 'stack' }, ...entry.segments));
  }

  // Only a weighted mean has parts that add up; of other methods the bar shows the score alone.
  const adds = () => !state.fixed && Object.values(state.design.joins).every(([method, power]) => method === 'arithmetic' || (method === 'power' && power === 1));
  const SCORE_ALONE = [null];
  function pieces(i, result, parts, weights) {
    if (parts === SCORE_ALONE) return [result.scores[i] ?? 0];
    const points = parts.map((node, k) => 100 * weights[k] * (result.found[i].known[node] ?? 0));
    const sum = points.reduce((a, b) => a + b, 0);
    const scale = result.scores[i] !== null && sum > 0 ? result.scores[i] / sum : 0;
    return points.map((point) => point * scale);
  }

  const arrow = (cell, places) => Object.assign(cell, places > 0 ? { className: 'move up', textContent: `▲${places}` } : places < 0 ? { className: 'move down', textContent: `▼${-places}` } : { className: 'move', textContent: places === 0 ? '–' : '—' });

  const byRank = (result) => data.units.map((_, i) => i).sort((a, b) => (result.ranks[a] ?? Infinity) - (result.ranks[b] ?? Infinity) || a - b);

  function ordered(result, moves) {
    const order = byRank(result), node = sort.value.slice(5);
    const value = { name: null, move: (i) => moves[i] ?? -Infinity }[sort.value] ?? ((i) => result.found?.[i].known[node] ?? -Infinity);
    if (sort.value === 'name') return order.sort((a, b) => data.units[a][root.dataset.language].localeCompare(data.units[b][root.dataset.language], root.lang));
    return sort.value === 'rank' ? order : order.sort((a, b) => value(b) - value(a));
  }

  function compare(result, parts) {
    const [a, b] = state.pinned, panel = find('lab-pair');
    panel.hidden = b === undefined;
    if (panel.hidden) return;
    const line = (label, x, y, digits) => make('tr', {}, make('th', { scope: 'row', class: 'text' }, label), ...[x, y, x === null || y === null ? null : x - y].map((value, k) => make('td', {}, value === null || value === undefined ? '—' : `${k === 2 && value > 0 ? '+' : ''}${digits ? value.toFixed(digits) : value}`.replace('-', '−'))));
    const known = (i, node) => { const value = result.found?.[i].known[node] ?? null; return value === null ? null : 100 * value; };
    panel.replaceChildren(make('table', {},
      make('thead', {}, make('tr', {}, make('th', { scope: 'col', class: 'text' }, both(`对比（${year()} 年）`, `Compared (${year()})`)), ...[a, b].map((i) => make('th', { scope: 'col' }, named(data.units[i]))), make('th', { scope: 'col' }, both('差', 'Difference')))),
      make('tbody', {}, line(both('名次', 'Rank'), result.ranks[a], result.ranks[b], 0), line(both('指数', 'Index'), result.scores[a], result.scores[b], 2),
        ...(state.fixed ? [] : parts.map((node) => line(named(data.names[node]), known(a, node), known(b, node), 2))))));
  }

  function status(moves) {
    const places = moves.map((move) => move ?? 0), count = places.filter((move) => move !== 0).length;
    const [up, down] = [Math.max(0, ...places), Math.min(0, ...places)];
    const say = (language, rise, fall, link) => [up > 0 && `${rise}${data.units[places.indexOf(up)][language]} ▲${up}`, down < 0 && `${fall}${data.units[places.indexOf(down)][language]} ▼${-down}`].filter(Boolean).join(link);
    find('lab-status').replaceChildren(count
      ? both(`与发布结果相比，${count} 个单位名次有变：${say('zh', '升得最多的是', '降得最多的是', '，')}。`, `Against the published ranks ${count} units move: ${say('en', 'the largest rise is ', 'the largest fall ', ', ')}.`)
      : both('名次与发布结果相同。', 'Ranks are as published.'));
  }

  function draw() {
    const result = current(), published = (publishedRanks[state.year] ??= compute(base, sharesOf(base)).ranks);
    const design = state.design, parts = adds() ? (design.parts ??= partsOf(design)) : SCORE_ALONE, weights = adds() ? parts.map(globalShare) : [];
    const top = Math.max(100, ...result.scores.map((score) => score ?? 0)), ranges = data.ranges[year()];
    const moves = result.ranks.map((rank, i) => (rank && published[i] ? published[i] - rank : null));
    const shown = searched(data.units, ordered(result, moves), find('lab-search'), ends);
    shown.forEach((i) => {
      const entry = rowOf(i), { cells } = entry, chosen = state.pinned.includes(i);
      stacked(entry, parts, design);
      cells[0].textContent = result.ranks[i] ?? '—';
      pieces(i, result, parts, weights).forEach((points, k) => { entry.segments[k].style.width = `${(100 * points) / top}%`; });
      cells[3].textContent = result.scores[i] === null ? '—' : result.scores[i].toFixed(2);
      arrow(cells[4], moves[i]);
      cells[5].textContent = ranges && ranges[i][0] !== null ? `${ranges[i][0]}–${ranges[i][1]}` : '—';
      entry.pin.setAttribute('aria-pressed', String(chosen));
      entry.row.className = chosen ? 'pinned' : '';
    });
    body.replaceChildren(...shown.map((i) => rowOf(i).row));
    find('lab-key').replaceChildren(...(adds() ? parts.map((node) => make('li', {}, swatch(design.colours[node]), named(data.names[node]))) : []));
    status(moves);
    compare(result, partsOf(design));
  }

  // Sliders: a slider shows a share in its parent; its siblings make room in proportion.
  function move(node, share) {
    const others = state.design.tree[parentIn(state.design, node)].filter((child) => child !== node && !empty.has(child));
    const rest = others.reduce((sum, child) => sum + state.shares[child], 0);
    for (const child of others) state.shares[child] = rest > 0 ? (state.shares[child] / rest) * (1 - share) : (1 - share) / others.length;
    state.shares[node] = others.length ? share : 1;
    press(null);
    refresh();
  }

  // The state in the address: #w=preset;year;node=share;..., of the nodes whose share is not the preset's.
  function address() {
    const { design, fixed, shares } = state, given = sharesOf(design), code = encodeURIComponent;
    const parts = [(fixed ?? design).id, year(), ...(fixed ? [] : Object.keys(shares).filter((node) => shares[node] !== given[node]).map((node) => `${code(node)}=${shares[node]}`))];
    history.replaceState(null, '', `#w=${[code(parts[0]), ...parts.slice(1)].join(';')}`);
  }

  const warn = () => find('lab-status').prepend(both('链接不完整或有误，读不出的部分按发布结果显示。', 'The link is damaged; what cannot be read is as published. '));
  function restore() {
    const [id, from, ...pairs] = location.hash.startsWith('#w=') ? location.hash.slice(3).split(';') : [];
    const option = [...data.designs, ...data.fixed].find((other) => other.id === decoded(id ?? ''));
    if (!option) return false;
    let whole = data.years.includes(Number(from));
    years.value = state.year = Math.max(0, whole ? data.years.indexOf(Number(from)) : data.years.length - 1);
    choose(option);
    for (const [node, share] of pairs.map((pair) => pair.split('=').map(decoded))) if (node in state.shares && Number(share) >= 0) state.shares[node] = Math.min(1, Number(share)); else whole = false;
    for (const children of Object.values(state.design.tree)) {
      const sum = children.reduce((total, child) => total + (state.shares[child] ?? 0), 0);
      if (sum > 0 && Math.abs(sum - 1) > 1e-12) for (const child of children) state.shares[child] /= sum;
    }
    if (pairs.length) press(null);
    refresh(); if (!whole) warn();
    return true;
  }

  function refresh() { show(); draw(); }
  function show() {
    for (const [node, { input, output }] of sliders) {
      input.value = 100 * state.shares[node];
      input.setAttribute('aria-valuetext', (output.textContent = `${(100 * state.shares[node]).toFixed(1)}%`));
    }
  }

  function slider(node) {
    const input = make('input', { type: 'range', min: 0, max: 100, step: 0.5, id: `slider-${node}` });
    const output = make('output', { for: `slider-${node}` });
    input.addEventListener('input', () => move(node, Number(input.value) / 100));
    sliders.set(node, { input, output });
    return make('div', { class: 'slider' }, make('label', { for: `slider-${node}` }, named(data.names[node])), output, input);
  }

  function family(node, design) {
    const list = make('div', { class: 'family' });
    for (const child of design.tree[node].filter((other) => !empty.has(other))) {
      list.append(slider(child));
      if (!(child in design.tree)) continue;
      const below = family(child, design);
      if (design.tree[child].some((deep) => deep in design.tree)) list.append(below);
      else list.append(make('details', {}, make('summary', {}, both('展开指标', 'Indicators')), below));
    }
    return list;
  }

  function choose(option) {
    const fixed = option.tree ? null : option, design = fixed ? base : option, kept = sort.value || 'rank';
    if (sliders.size === 0 || design !== state.design) {
      sliders.clear();
      find('lab-sliders').replaceChildren(family(design.root, design));
    }
    Object.assign(state, { design, fixed, shares: sharesOf(design) });
    sort.replaceChildren(...[['rank', '名次', 'Rank'], ['name', '名称', 'Name'], ['move', '升降', 'Places moved'], ...(fixed ? [] : partsOf(design).map((node) => [`part:${node}`, data.names[node].zh, data.names[node].en]))].map(([value, zh, en]) => make('option', { value, 'data-zh': zh, 'data-en': en })));
    label();
    sort.value = [...sort.options].some((other) => other.value === kept) ? kept : 'rank';
    find('lab-controls').disabled = Boolean(fixed);
    find('lab-fixed').hidden = !fixed;
    find('lab-effect').replaceChildren(named(option.effect));
    press(option.id);
    refresh();
  }

  function label() { for (const option of sort.options) option.textContent = option.dataset[root.dataset.language]; }

  function press(id) {
    if (id === null) find('lab-effect').replaceChildren(both('自定权重。', 'Weights of your own.'));
    for (const button of find('lab-presets').querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.dataset.id === id));
  }

  function scenario() {
    if (state.fixed) return { label: state.fixed.label, changes: state.fixed.changes };
    const { design } = state, changes = dict(), levels = dict();
    for (const [path, value] of Object.entries(design.changes)) if (!path.startsWith('weighting.weight')) changes[path] = value;
    for (const node of design.inner) {
      const shares = (levels[design.levels[node]] ??= { method: 'given', shares: dict() }).shares;
      for (const child of design.tree[node]) shares[child] = state.shares[child] ?? 0;
    }
    changes['weighting.weight'] = levels;
    for (const node of design.branches) {
      if (!(node in design.tree)) continue;
      const shares = Object.fromEntries(design.tree[node].map((child) => [child, state.shares[child] ?? 0]));
      changes[`weighting.branches.${node}.weight`] = { method: 'given', shares };
    }
    return { label: { zh: `权重实验室（${year()} 年，自${design.label.zh}）`, en: `Weight lab (${year()}, from ${design.label.en})` }, changes };
  }

  // JSON is YAML: each value stands on one line after its key.
  function yaml() {
    const { label, changes } = scenario();
    const lines = Object.entries(changes).map(([path, value]) => `  ${path}: ${JSON.stringify(value)}`);
    return `# hqd run --scenario scenario.yaml\nlabel: ${JSON.stringify(label)}\nchanges:\n${lines.join('\n')}\n`;
  }

  function csv() {
    const result = current();
    const lines = byRank(result)
      .map((i) => [result.ranks[i] ?? '', safe(data.units[i].id), safe(data.units[i].zh), safe(data.units[i].en), year(), result.scores[i] ?? ''].join(','));
    return `\ufeffrank,unit,unit_zh,unit_en,year,score\r\n${lines.join('\r\n')}\r\n`;
  }

  for (const group of Object.keys(data.groups)) {
    const buttons = [...data.designs, ...data.fixed].filter((option) => option.group === group).map((option) => action(named(option.label), () => { choose(option); address(); }, { 'data-id': option.id }));
    if (buttons.length) find('lab-presets').append(make('div', { class: 'presets', role: 'group', 'aria-label': `${data.groups[group].zh} / ${data.groups[group].en}` }, make('b', {}, named(data.groups[group])), ...buttons));
  }
  function go(k) {
    state.year = years.value = k;
    if (state.design.shares[year()]) state.shares = sharesOf(state.design);
    refresh();
  }
  data.years.forEach((value, k) => years.append(make('option', { value: k }, String(value))));
  years.value = state.year;
  years.addEventListener('change', () => { go(Number(years.value)); address(); });
  let playing = null;
  find('lab-play').hidden = data.years.length < 2;
  find('lab-play').addEventListener('click', () => {
    const press = (on) => find('lab-play').setAttribute('aria-pressed', String(on)), stop = () => { playing = clearInterval(playing); press(false); };
    if (playing) return stop();
    press(true);
    go(0);
    playing = setInterval(() => (state.year + 1 < data.years.length ? go(state.year + 1) : stop()), 1000);
  });
  for (const [id, event, act] of [['lab-search', 'input', draw], ['lab-sort', 'change', draw], ['lab-sliders', 'change', address], ['language', 'click', () => { label(); draw(); }],
    ['lab-yaml', 'click', () => save('scenario.yaml', new Blob([yaml()], { type: 'application/yaml' }))], ['lab-csv', 'click', () => save('ranking.csv', new Blob([csv()], { type: 'text/csv' }))],
    ['lab-copy', 'click', () => {
      address();
      const failed = () => prompt('', location.href);
      (navigator.clipboard?.writeText(location.href) ?? Promise.reject()).then(() => find('lab-status').replaceChildren(both('链接已复制：打开即为这组权重。', 'Link copied: it opens with these weights.')), failed);
    }]]) find(id).addEventListener(event, act);
  addEventListener('hashchange', restore);
  if (restore()) requestAnimationFrame(() => find('ranking').scrollIntoView({ behavior: 'instant' })); else { choose(base); if (location.hash.startsWith('#w=')) warn(); }
  if (matchMedia('(max-width: 820px)').matches) find('lab-fold').open = false;
  find('lab').hidden = false;
  find('lab-static')?.remove();
}

// Many units: those whose code or name holds what is searched for, else the ends of an order.
const MOST = 50;
function searched(units, order, input, ends) {
  const query = (input?.value ?? '').trim().toLowerCase();
  if (query) return order.filter((i) => [units[i].id, units[i].zh, units[i].en].some((text) => text.toLowerCase().includes(query))).slice(0, MOST);
  return ends && order.length > 2 * ends ? [...order.slice(0, ends), ...order.slice(-ends)] : order;
}

// Sheets of many units are packed in the page; one at a time is shown.
async function sheets(units) {
  const packed = Uint8Array.from(atob(find('archive').content.textContent), (sign) => sign.charCodeAt(0));
  const sheetOf = dict(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).json());
  const input = find('profile-search'), list = find('profile-matches'), body = find('profile-one');
  // The markup is the page's own: its template escaped every text that came from data.
  function open(id) {
    if (!(id in sheetOf)) return;
    body.innerHTML = sheetOf[id];
    body.firstElementChild.open = true;
    printSheets(body);
  }
  function show() {
    const matches = input.value.trim() ? searched(units, units.map((_, i) => i), input, 0) : [];
    list.replaceChildren(...matches.map((i) => make('li', {}, action([named(units[i]), ` ${units[i].id}`], () => open(units[i].id)))));
    if (matches.length === 1) open(units[matches[0]].id);
  }
  input.addEventListener('input', show);
  find('profile-tools').hidden = false;
  openSheet = open;
  unfold();
}

// Printing: of one sheet or of all, nothing else is on the paper.
function printOnly(blocks) {
  const mark = (on) => [[root, 'only'], ...blocks.map((block) => [block, 'chosen'])].forEach(([element, name]) => element.classList.toggle(name, on));
  mark(true);
  addEventListener('afterprint', () => mark(false), { once: true });
  print();
}
function printable(button, blocks) {
  button.hidden = false;
  button.addEventListener('click', () => printOnly(blocks()));
}
const printSheets = (element) => element.querySelectorAll('.print-one').forEach((button) => printable(button, () => [button.closest('.profile')]));
printSheets(document);
if (find('print-sheets')) printable(find('print-sheets'), () => [...document.querySelectorAll('.profiles .profile')]);

// The chain map of a year: what a node is, its links two steps up and down, the flags that are looked for.
function chain(map, { basis, side, nodes, years, labels, flags }) {
  const anchors = [...map.querySelectorAll('a')], told = find('map-told'), group = find('map-links'), select = find('map-year');
  const state = { year: years.length - 1, pinned: null, flag: null };
  const shape = ([seller, buyer]) => `M${nodes[seller].x} ${nodes[seller].y}Q${side / 2} ${side / 2} ${nodes[buyer].x} ${nodes[buyer].y}`;
  const line = (zh, en) => make('p', {}, both(zh, en));
  const list = (links, end) => {
    const found = links.map((link) => [nodes[link[end]], link[2] ? ` ${(100 * link[2]).toFixed(1)}%` : '']);
    const text = (language) => found.map(([node, share]) => `${node[language]}${share}`).join(language === 'zh' ? '、' : '; ') || '—';
    return [text('zh'), text('en')];
  };

  function panel(k) {
    const { year, io, nodes: known, links } = years[state.year], [, output, raised, coverage, place, evidence, facts] = known[k];
    const names = (language) => raised.map((flag) => flags[flag][language]).join(language === 'zh' ? '、' : ', ') || '—';
    const rows = facts.map((fact, j) => (fact === null ? null : make('li', {}, named(labels[j]), ` ${fact}`))).filter(Boolean);
    if (output !== null) rows.unshift(make('li', {}, both(`总产出（亿元，${io} 年）`, `gross output (100 m yuan, ${io})`), ` ${output}`));
    const [buysZh, buysEn] = list(links.filter(([, buyer]) => buyer === k), 0), [sellsZh, sellsEn] = list(links.filter(([seller]) => seller === k), 1);
    told.replaceChildren(make('h3', {}, `${nodes[k].id} `, named(nodes[k]), ` ${year}`), line(`标记：${names('zh')} · 优先次序 ${place ?? '—'} · 专精特新覆盖度 ${coverage === null ? '—' : `${(100 * coverage).toFixed(0)}%`}`, `Flags: ${names('en')} · priority ${place ?? '—'} · SRDI coverage ${coverage === null ? '—' : `${(100 * coverage).toFixed(0)}%`}`),
      ...(evidence ? [line(...evidence)] : []), make('ul', {}, ...rows), line(`主要投入来自：${buysZh}`, `Main inputs from: ${buysEn}`),
      line(`是以下行业的主要来源：${sellsZh}`, `A main source of: ${sellsEn}`),
      ...(nodes[k].profile ? [make('p', {}, make('a', { href: `#profile-${nodes[k].id}` }, both('单位表', 'Sheet')))] : []));
  }

  // Links to a node's suppliers and to theirs, or to its users and to theirs.
  function reach(k, from, to) {
    const { links } = years[state.year], first = new Set([...links.keys()].filter((i) => links[i][from] === k)), near = new Set([...first].map((i) => links[i][to]));
    return [first, new Set([...links.keys()].filter((i) => near.has(links[i][from]) && !first.has(i)))];
  }

  function light(k) {
    map.classList.toggle('lit', k !== null);
    const [up, up2] = k === null ? [new Set(), new Set()] : reach(k, 1, 0), [down, down2] = k === null ? [new Set(), new Set()] : reach(k, 0, 1);
    [...group.children].forEach((path, i) => { path.setAttribute('class', up.has(i) ? 'in' : down.has(i) ? 'out' : up2.has(i) ? 'in far' : down2.has(i) ? 'out far' : ''); });
    if (k !== null) panel(k);
  }

  function draw() {
    const { year, io, nodes: known, links } = years[state.year];
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    group.replaceChildren(...links.map(() => path.cloneNode()));
    links.forEach((link, i) => { group.children[i].setAttribute('d', shape(link)); group.children[i].setAttribute('stroke-width', (0.6 + 6 * link[2]).toFixed(2)); });
    anchors.forEach((anchor, k) => {
      const [radius, , raised, coverage] = known[k], [dot, arc] = anchor.querySelectorAll('circle');
      dot.setAttribute('r', radius);
      dot.setAttribute('class', raised.length ? `flag-${state.flag && raised.includes(state.flag) ? state.flag : raised[0]}` : '');
      arc.setAttribute('r', radius + 2.5);
      arc.setAttribute('stroke-dasharray', `${(100 * (coverage ?? 0)).toFixed(0)} 100`);
      anchor.classList.toggle('faint', state.flag !== null && !raised.includes(state.flag));
    });
    find('map-date').replaceChildren(both(`${year} 年；${basis.zh} ${io} 年`, `${year}; ${basis.en} ${io}`));
    const counts = Object.keys(flags).map((flag) => [flag, known.filter((node) => node[2].includes(flag)).length]).filter(([flag, count]) => count || flag === state.flag);
    find('map-flags').replaceChildren(...counts.map(([flag, count]) => action([make('span', { class: `flag-${flag}` }, '● '), named(flags[flag]), ` ${count}`],
      () => { state.flag = state.flag === flag ? null : flag; draw(); }, { 'aria-pressed': String(state.flag === flag) })));
    light(state.pinned);
    if (state.pinned === null) panel(first());
  }
  // The node of highest priority, else the largest.
  const first = () => years[state.year].nodes.reduce((best, node, k, all) => ((node[4] ?? 1e9) - (all[best][4] ?? 1e9) || all[best][0] - node[0]) < 0 ? k : best, 0);

  anchors.forEach((anchor, k) => {
    for (const event of ['mouseenter', 'focus']) anchor.addEventListener(event, () => light(k));
    for (const event of ['mouseleave', 'blur']) anchor.addEventListener(event, () => light(state.pinned));
    anchor.addEventListener('click', (event) => { event.preventDefault(); state.pinned = state.pinned === k ? null : k; light(state.pinned); });
    anchor.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); anchors.at((k + step) % anchors.length).focus(); }
      if (event.key === 'Escape') { state.pinned = null; light(null); }
    });
  });
  years.forEach(({ year }, k) => select.append(make('option', { value: k }, String(year))));
  select.value = state.year;
  select.hidden = years.length < 2;
  select.addEventListener('change', () => { state.year = Number(select.value); draw(); });
  draw();
}

// What if a unit had other SRDI firms: the arithmetic of table whatif (whatif.py), tested against it.
// Rounds as Python does: 78.125 is 78.12.
const ROUNDING = { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: false, roundingMode: 'halfEven' };
function whatIf({ effect, measure, per, tie, year, reading, densities, units }) {
  const select = find('whatif-unit'), firms = find('whatif-firms'), density = find('whatif-density'), note = find('whatif-reading');
  const [least, most] = effect.densities;
  const state = firms ? { more: 1, reached: null } : { more: null, reached: densities[0]?.density ?? null };
  const exact = (value, digits) => (value === null || Number.isNaN(value) ? '—' : make('data', { value }, value.toFixed(digits)));
  const rankAt = (unit, score) => 1 + units.filter((other) => other !== unit && other.score > score + tie).length;

  // Density and number of firms after the action; a null number is not known.
  function after(unit) {
    if (state.reached !== null) return [state.reached, null];
    if (!state.more) return [unit.density, unit.n_srdi];
    const count = unit.n_srdi === null ? null : unit.n_srdi + state.more;
    if (measure === 'ihs') return [count === null ? NaN : Math.asinh(count), count];
    return [unit.n_firms ? unit.density + (per * state.more) / unit.n_firms : NaN, count];
  }

  function refusal(reached, count) {
    if (Number.isNaN(reached)) return ['企业数未知', 'the number of firms is not known'];
    if (count !== null && count < 0) return ['专精特新企业没有这么多', 'there are not so many SRDI firms'];
    if (reached >= least - tie && reached <= most + tie) return null;
    const [at, from, to] = [reached, least, most].map((value) => value.toLocaleString('en', ROUNDING));
    return [`密度 ${at} 超出估计所据的范围 ${from}–${to},不外推`, `density ${at} lies outside the ${from} to ${to} behind the estimate: not extrapolated`];
  }

  function draw() {
    const unit = units[select.value], [reached, count] = after(unit), refused = refusal(reached, count);
    const change = refused ? NaN : reached - unit.density;
    const [score, ...ends] = [effect.slope, effect.low, effect.high].map((slope) => unit.score + slope * change);
    const [low, high] = ends.sort((a, b) => a - b), rank = (at) => (refused ? null : rankAt(unit, at));
    const known = !refused && count !== null && unit.target !== null && unit.vulnerability !== null && unit.centrality !== null;
    const priority = known ? unit.vulnerability * unit.centrality * (1 - Math.min(1, count / unit.target)) : null;
    const row = (id, zh, en, digits, now, then, ends) => make('tr', { 'data-row': id }, make('th', { scope: 'row', class: 'text' }, both(zh, en)),
      make('td', {}, exact(now, digits)), make('td', {}, exact(then, digits)),
      make('td', {}, ...(ends && !refused ? [exact(ends[0], digits), '–', exact(ends[1], digits)] : ['—'])));
    find('whatif-rows').replaceChildren(
      row('firms', '专精特新企业数', 'SRDI firms', 0, unit.n_srdi, count), row('density', '密度', 'Density', 2, unit.density, reached),
      row('score', '指数', 'Index', 2, unit.score, score, [low, high]), row('rank', '名次', 'Rank', 0, unit.rank, rank(score), [rank(high), rank(low)]),
      ...(unit.target === null ? [] : [row('priority', '节点优先级', 'Priority of the node', 3, unit.priority, priority)]));
    note.className = refused ? 'alert' : '';
    note.replaceChildren(refused ? both(`${refused[0]}。`, `Refused: ${refused[1]}.`)
      : both(`${reading.zh}。由 ${year} 年推算，${year + effect.lag} 年见效。`, `This is ${reading.en}: from ${year}, with its effect in ${year + effect.lag}.`));
    if (firms && state.reached !== null) firms.value = '';
    if (document.activeElement !== density) density.value = Number.isNaN(reached) ? '' : reached.toFixed(2);
  }

  const set = (more, reached) => { Object.assign(state, { more, reached }); draw(); };
  function label() { for (const option of select.options) option.textContent = `${units[option.value].id} ${units[option.value][root.dataset.language]}`; }
  units.forEach((unit, i) => { if (unit.density !== null) select.append(make('option', { value: i })); });
  for (const step of densities) find('whatif-densities').append(action(named(step), () => set(null, step.density)), ' ');
  select.addEventListener('change', draw);
  firms?.addEventListener('input', () => set(Math.trunc(Number(firms.value)), null));
  density.addEventListener('input', () => (density.value === '' ? set(0, null) : set(null, Number(density.value))));
  find('language').addEventListener('click', label);
  label();
  draw();
  find('whatif').hidden = false;
}

// Opens what a link points at, such as a sheet.
let openSheet = null;
function unfold() {
  const id = decoded(location.hash.slice(1));
  if (id.startsWith('profile-') && !find(id)) openSheet?.(id.slice('profile-'.length));
  const target = id && find(id);
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener('hashchange', unfold);
let folded = [];
const unfolded = (open) => folded.forEach((block) => { block.open = open; });
addEventListener('beforeprint', () => { folded = [...document.querySelectorAll('details.onpaper:not([open]), .profile:not([open])')]; unfolded(true); });
addEventListener('afterprint', () => unfolded(false));
const data = JSON.parse(find('embedded').textContent, (_, value) =>
  (value && typeof value === 'object' && !Array.isArray(value) ? dict(value) : value));
if (find('archive')) sheets(data.units);
unfold();
if (data.lab) lab(data.lab, data.ends);
if (data.chain) chain(find('map'), data.chain);
if (data.whatif) whatIf(data.whatif);
root.dataset.ready = String(performance.now());
