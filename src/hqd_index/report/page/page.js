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
function markOnly(blocks, on) { for (const [element, name] of [[root, 'only'], ...blocks.map((block) => [block, 'chosen'])]) element.classList.toggle(name, on); }
function printOnly(blocks) {
  markOnly(blocks, true);
  addEventListener('afterprint', () => markOnly(blocks, false), { once: true });
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
    return [`密度 ${at} 超出估计所据的范围 ${from}–${to}，不外推`, `density ${at} lies outside the ${from} to ${to} behind the estimate: not extrapolated`];
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
// Printed by the browser's own command, a sheet that is open and in sight is alone on the paper; else everything is unfolded.
let folded = [], inSight = [];
const unfolded = (open) => folded.forEach((block) => { block.open = open; });
addEventListener('beforeprint', () => {
  const seen = (block) => { const { top, bottom } = block.getBoundingClientRect(); return bottom > 0 && top < innerHeight; };
  inSight = root.classList.contains('only') ? [] : [...document.querySelectorAll('.profile[open]')].filter(seen);
  if (inSight.length) markOnly(inSight, true);
  folded = [...document.querySelectorAll('details.onpaper:not([open]), .profile:not([open])')];
  unfolded(true);
});
addEventListener('afterprint', () => { unfolded(false); if (inSight.length) markOnly(inSight, false); });
const data = JSON.parse(find('embedded').textContent, (_, value) =>
  (value && typeof value === 'object' && !Array.isArray(value) ? dict(value) : value));
if (find('archive')) sheets(data.units);
unfold();
if (data.lab) lab(data.lab, data.ends);
if (data.chain) chain(find('map'), data.chain);
if (data.whatif) whatIf(data.whatif);
root.dataset.ready = String(performance.now());
