// The joining rule: the same as weight_lab.py, tested against it.
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

  // Whether two units can be told apart, from the draws of the run; first the one that is above in more of them.
  function order(a, b) {
    const { texts, pairs, tiers, year: drawn } = data.order, [first, second] = pairs?.[b]?.[a] ? [b, a] : [a, b], [share, apart] = pairs?.[first]?.[second] ?? [];
    const text = texts.undrawn ?? (share === undefined ? texts.not_computed : apart ? texts.apart : texts.undecided), more = drawn && drawn !== year() ? texts.other_year : { zh: '', en: '' };
    const filled = (language) => {
      const places = { first: data.units[first][language], second: data.units[second][language], share: `${(100 * share).toFixed(1)}%`, year: drawn, first_tier: tiers?.[first] ?? '—', second_tier: tiers?.[second] ?? '—' };
      return text[language].replace(/\{(\w+)\}/g, (_, place) => places[place]);
    };
    return make('p', { class: 'order' }, both(`${filled('zh')}${more.zh}`, `${filled('en')} ${more.en}`));
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
        ...(state.fixed ? [] : parts.map((node) => line(named(data.names[node]), known(a, node), known(b, node), 2))))), order(a, b));
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
