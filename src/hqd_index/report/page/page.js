'use strict';
// Language switch, weight lab. Data come from the JSON element; text enters the page as text only.
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
const named = (label) => both(label.zh, label.en);

function speak(language) {
  root.dataset.language = language;
  root.lang = language === 'en' ? 'en' : 'zh-CN';
  document.title = root.dataset[language === 'en' ? 'titleEn' : 'titleZh'];
}
find('language').addEventListener('click', () => speak(root.dataset.language === 'zh' ? 'en' : 'zh'));
find('language').hidden = false;

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

function preorder(tree, node) {
  return [node, ...(tree[node] ?? []).filter((child) => child in tree).flatMap((child) => preorder(tree, child))];
}

// The lab

function lab(data, ends) {
  for (const design of data.designs) design.inner = preorder(design.tree, design.root).reverse();
  const base = data.designs[0];
  const state = { design: base, fixed: null, year: data.years.length - 1, shares: dict() };
  const year = () => data.years[state.year];
  const sharesOf = (design) => dict(design.shares[year()] ?? design.shares.all);
  const empty = new Set(data.empty);
  const sliders = new Map(), publishedRanks = {};

  function compute(design, shares) {
    const found = data.values[state.year].map((row) => evaluate(design, shares, row, data.leaves));
    const scores = found.map(({ known }) => (known[design.root] === null ? null : 100 * known[design.root]));
    const ranks = competition(scores.map((score, i) => (found[i].coverage >= data.rankFrom ? score : null)), data.tie);
    return { found, scores, ranks };
  }

  function current() {
    if (!state.fixed) return compute(state.design, state.shares);
    const [scores, ranks] = state.fixed.years[year()];
    return { found: null, scores, ranks };
  }

  const partsOf = (design) => {
    const lowest = design.inner.filter((node) => node !== design.root && !design.tree[node].some((child) => child in design.tree)).reverse();
    return lowest.length ? lowest : design.tree[design.root];
  };

  function globalShare(node) {
    const parent = Object.keys(state.design.tree).find((above) => state.design.tree[above].includes(node));
    return parent ? state.shares[node] * globalShare(parent) : 1;
  }

  // Ranking table: rows are made once and moved; of many units the first, the last, or those searched for.

  const body = find('lab-rows'), made = [];
  function rowOf(i) {
    if (made[i]) return made[i];
    const unit = data.units[i];
    const cells = ['rank', 'name text', 'bar', 'score', 'move', 'range'].map((name) => make('td', { class: name }));
    cells[1].append(make('a', { href: `#profile-${unit.id}` }, named(unit)));
    const row = make('tr', {}, ...cells);
    row.dataset.unit = unit.id;
    made[i] = { row, cells, segments: [], design: null };
    return made[i];
  }

  function stacked(entry, design) {
    if (entry.design === design) return;
    entry.design = design;
    entry.segments = partsOf(design).map((node) => {
      const piece = make('i');
      piece.style.background = design.colours[node] ?? '#5b6672';
      return piece;
    });
    entry.cells[2].replaceChildren(make('div', { class: 'stack' }, ...entry.segments));
  }

  function key(design) {
    const parts = partsOf(design);
    find('lab-key').replaceChildren(...parts.map((node) => {
      const swatch = make('i');
      swatch.style.background = design.colours[node] ?? '#5b6672';
      return make('li', {}, swatch, named(data.names[node]));
    }));
  }

  function pieces(i, result, parts, weights) {
    if (!result.found) return parts.map((_, k) => (k ? 0 : result.scores[i] ?? 0));
    const points = parts.map((node, k) => 100 * weights[k] * (result.found[i].known[node] ?? 0));
    const sum = points.reduce((a, b) => a + b, 0);
    const scale = result.scores[i] !== null && sum > 0 ? result.scores[i] / sum : 0;
    return points.map((point) => point * scale);
  }

  function arrow(cell, places) {
    cell.className = places > 0 ? 'move up' : places < 0 ? 'move down' : 'move';
    cell.textContent = places > 0 ? `▲${places}` : places < 0 ? `▼${-places}` : places === 0 ? '–' : '—';
  }

  function draw() {
    const result = current(), published = (publishedRanks[state.year] ??= compute(base, sharesOf(base)).ranks);
    const parts = partsOf(state.design), weights = parts.map(globalShare);
    const top = Math.max(100, ...result.scores.map((score) => score ?? 0));
    const order = data.units.map((_, i) => i).sort((a, b) => (result.ranks[a] ?? Infinity) - (result.ranks[b] ?? Infinity) || a - b);
    const ranges = data.ranges[year()];
    const shown = searched(data.units, order, find('lab-search'), ends);
    shown.forEach((i) => {
      const entry = rowOf(i), { cells } = entry;
      stacked(entry, state.design);
      cells[0].textContent = result.ranks[i] ?? '—';
      pieces(i, result, parts, weights).forEach((points, k) => { if (entry.segments[k]) entry.segments[k].style.width = `${(100 * points) / top}%`; });
      cells[3].textContent = result.scores[i] === null ? '—' : result.scores[i].toFixed(2);
      arrow(cells[4], result.ranks[i] && published[i] ? published[i] - result.ranks[i] : null);
      cells[5].textContent = ranges && ranges[i][0] !== null ? `${ranges[i][0]}–${ranges[i][1]}` : '—';
    });
    body.replaceChildren(...shown.map((i) => rowOf(i).row));
    const moves = result.ranks.map((rank, i) => (rank && published[i] ? Math.abs(published[i] - rank) : 0));
    const count = moves.filter((move) => move > 0).length, largest = Math.max(0, ...moves);
    find('lab-status').replaceChildren(count
      ? both(`与发布结果相比，${count} 个单位名次有变，最大变动 ${largest} 位。`, `Against the published ranks ${count} units move, by ${largest} places at most.`)
      : both('名次与发布结果相同。', 'Ranks are as published.'));
  }

  // Sliders: a slider shows a share in its parent; its siblings make room in proportion.

  function move(node, share) {
    const parent = Object.keys(state.design.tree).find((above) => state.design.tree[above].includes(node));
    const others = state.design.tree[parent].filter((child) => child !== node && !empty.has(child));
    const rest = others.reduce((sum, child) => sum + state.shares[child], 0);
    for (const child of others) state.shares[child] = rest > 0 ? (state.shares[child] / rest) * (1 - share) : (1 - share) / others.length;
    state.shares[node] = others.length ? share : 1;
    press(null);
    show();
    draw();
  }

  function show() {
    for (const [node, { input, output }] of sliders) {
      input.value = 100 * state.shares[node];
      output.textContent = `${(100 * state.shares[node]).toFixed(1)}%`;
      input.setAttribute('aria-valuetext', output.textContent);
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
    const children = design.tree[node].filter((child) => !empty.has(child));
    const list = make('div', { class: 'family' });
    for (const child of children) {
      list.append(slider(child));
      if (!(child in design.tree)) continue;
      const below = family(child, design);
      if (design.tree[child].some((deep) => deep in design.tree)) list.append(below);
      else list.append(make('details', {}, make('summary', {}, both('展开指标', 'Indicators')), below));
    }
    return list;
  }

  function choose(design, fixed = null) {
    if (sliders.size === 0 || design !== state.design) {
      sliders.clear();
      find('lab-sliders').replaceChildren(family(design.root, design));
      key(design);
    }
    Object.assign(state, { design, fixed, shares: sharesOf(design) });
    find('lab-controls').disabled = Boolean(fixed);
    find('lab-fixed').hidden = !fixed;
    press(fixed ? fixed.id : design.id);
    show();
    draw();
  }

  function press(id) {
    for (const button of find('lab-presets').children) button.setAttribute('aria-pressed', String(button.dataset.id === id));
  }

  // What can be taken away

  function save(name, type, text) {
    const link = make('a', { download: name });
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
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
    const safe = (text) => `"${(/^'*[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
    const result = current();
    const lines = data.units.map((_, i) => i).sort((a, b) => (result.ranks[a] ?? Infinity) - (result.ranks[b] ?? Infinity) || a - b)
      .map((i) => [result.ranks[i] ?? '', safe(data.units[i].id), safe(data.units[i].zh), safe(data.units[i].en), year(), result.scores[i] ?? ''].join(','));
    return `\ufeffrank,unit,unit_zh,unit_en,year,score\r\n${lines.join('\r\n')}\r\n`;
  }

  for (const option of [...data.designs, ...data.fixed]) {
    const button = make('button', { type: 'button' }, named(option.label));
    button.dataset.id = option.id;
    button.addEventListener('click', () => (option.tree ? choose(option) : choose(base, option)));
    find('lab-presets').append(button);
  }
  const years = find('lab-year');
  data.years.forEach((value, k) => years.append(make('option', { value: k }, String(value))));
  years.value = state.year;
  years.addEventListener('change', () => {
    state.year = Number(years.value);
    if (state.design.shares[year()]) state.shares = sharesOf(state.design);
    show();
    draw();
  });
  find('lab-search')?.addEventListener('input', draw);
  find('lab-yaml').addEventListener('click', () => save('scenario.yaml', 'application/yaml', yaml()));
  find('lab-csv').addEventListener('click', () => save('ranking.csv', 'text/csv', csv()));
  choose(base);
  if (matchMedia('(max-width: 820px)').matches) find('lab-fold').open = false;
  find('lab').hidden = false;
  find('lab-static')?.remove();
  return { state, current, yaml, csv };
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
    printable(body);
  }
  function show() {
    const matches = input.value.trim() ? searched(units, units.map((_, i) => i), input, 0) : [];
    list.replaceChildren(...matches.map((i) => {
      const button = make('button', { type: 'button' }, named(units[i]), ` ${units[i].id}`);
      button.addEventListener('click', () => open(units[i].id));
      return make('li', {}, button);
    }));
    if (matches.length === 1) open(units[matches[0]].id);
  }
  input.addEventListener('input', show);
  find('profile-tools').hidden = false;
  openSheet = open;
  unfold();
}

// Printing: of one sheet or of all, nothing else is on the paper.

function printOnly(blocks) {
  root.classList.add('only');
  for (const block of blocks) block.classList.add('chosen');
  addEventListener('afterprint', () => {
    root.classList.remove('only');
    for (const block of blocks) block.classList.remove('chosen');
  }, { once: true });
  print();
}
function printable(element) {
  for (const button of element.querySelectorAll('.print-one')) {
    button.hidden = false;
    button.addEventListener('click', () => printOnly([button.closest('.profile')]));
  }
}
printable(document);
find('print-sheets')?.addEventListener('click', () => printOnly([...document.querySelectorAll('.profiles .profile')]));
if (find('print-sheets')) find('print-sheets').hidden = false;

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
      ...(nodes[k].profile ? [make('p', {}, make('a', { href: `#profile-${nodes[k].id}` }, both('画像', 'Profile')))] : []));
  }

  // Links to a node's suppliers and to theirs, or to its users and to theirs.
  function reach(k, from, to) {
    const first = new Set(), second = new Set(), { links } = years[state.year];
    links.forEach((link, i) => { if (link[from] === k) first.add(i); });
    const near = new Set([...first].map((i) => links[i][to]));
    links.forEach((link, i) => { if (near.has(link[from]) && !first.has(i)) second.add(i); });
    return [first, second];
  }

  function light(k) {
    map.classList.toggle('lit', k !== null);
    const [up, up2] = k === null ? [new Set(), new Set()] : reach(k, 1, 0), [down, down2] = k === null ? [new Set(), new Set()] : reach(k, 0, 1);
    [...group.children].forEach((path, i) => { path.setAttribute('class', up.has(i) ? 'in' : down.has(i) ? 'out' : up2.has(i) ? 'in far' : down2.has(i) ? 'out far' : ''); });
    if (k !== null) panel(k);
  }

  function draw() {
    const { year, io, nodes: known, links } = years[state.year];
    group.replaceChildren(...links.map((link) => {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', shape(link));
      path.setAttribute('stroke-width', (0.6 + 6 * link[2]).toFixed(2));
      return path;
    }));
    anchors.forEach((anchor, k) => {
      const [radius, , raised, coverage] = known[k], [dot, arc] = anchor.querySelectorAll('circle');
      dot.setAttribute('r', radius);
      dot.setAttribute('class', raised.length ? `flag-${state.flag && raised.includes(state.flag) ? state.flag : raised[0]}` : '');
      arc.setAttribute('r', radius + 2.5);
      arc.setAttribute('stroke-dasharray', `${(100 * (coverage ?? 0)).toFixed(0)} 100`);
      anchor.classList.toggle('faint', state.flag !== null && !raised.includes(state.flag));
    });
    find('map-date').replaceChildren(both(`${year} 年；${basis.zh} ${io} 年`, `${year}; ${basis.en} ${io}`));
    find('map-flags').replaceChildren(...Object.keys(flags).map((flag) => [flag, known.filter((node) => node[2].includes(flag)).length]).filter(([flag, count]) => count || flag === state.flag).map(([flag, count]) => {
      const button = make('button', { type: 'button', 'aria-pressed': String(state.flag === flag) }, make('span', { class: `flag-${flag}` }, '● '), named(flags[flag]), ` ${count}`);
      button.addEventListener('click', () => { state.flag = state.flag === flag ? null : flag; draw(); });
      return button;
    }));
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
      if (step) { event.preventDefault(); anchors[(k + step + anchors.length) % anchors.length].focus(); }
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

  function set(more, reached) { Object.assign(state, { more, reached }); draw(); }
  function label() {
    for (const option of select.options) option.textContent = `${units[option.value].id} ${units[option.value][root.dataset.language]}`;
  }
  units.forEach((unit, i) => { if (unit.density !== null) select.append(make('option', { value: i })); });
  for (const step of densities) {
    const button = make('button', { type: 'button' }, named(step));
    button.addEventListener('click', () => set(null, step.density));
    find('whatif-densities').append(button, ' ');
  }
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
  const id = decodeURIComponent(location.hash.slice(1));
  if (id.startsWith('profile-') && !find(id)) openSheet?.(id.slice('profile-'.length));
  const target = id && find(id);
  if (target instanceof HTMLDetailsElement) target.open = true;
}
addEventListener('hashchange', unfold);
let folded = [];
addEventListener('beforeprint', () => {
  folded = [...document.querySelectorAll('details.onpaper:not([open]), .profile:not([open])')];
  for (const block of folded) block.open = true;
});
addEventListener('afterprint', () => { for (const block of folded) block.open = false; });
const data = JSON.parse(find('embedded').textContent, (_, value) =>
  (value && typeof value === 'object' && !Array.isArray(value) ? dict(value) : value));
if (find('archive')) sheets(data.units);
unfold();
if (data.lab) lab(data.lab, data.ends);
if (data.chain) chain(find('map'), data.chain);
if (data.whatif) whatIf(data.whatif);
root.dataset.ready = String(performance.now());
