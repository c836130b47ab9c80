(() => {
  const scenarios = [...document.querySelectorAll('details.scenario')];
  const [query, only, count] = ['query', 'only', 'count'].map((id) => document.getElementById(id));
  const text = new Map();
  const words = (scenario) => {
    if (!text.has(scenario)) {
      const parts = scenario.querySelectorAll('summary h3, summary .title, .code, .name');
      text.set(scenario, [...parts].map((part) => part.textContent).join(' ').toLowerCase());
    }
    return text.get(scenario);
  };
  const fine = (scenario) => scenario.matches('.passed, .skipped');
  const filter = () => {
    const wanted = query.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const scenario of scenarios) {
      const fits = wanted.every((word) => words(scenario).includes(word));
      scenario.hidden = !fits || (only.checked && fine(scenario));
      shown += scenario.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${scenarios.length} shown`;
  };
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement) {
      if (at.localName === 'details') {
        at.open = true;
        at.hidden = false;
      }
    }
    const arrow = target && target.matches('.body') && target.previousElementSibling;
    if (arrow) {
      arrow.scrollIntoView({ block: 'center' });
      arrow.focus();
    }
  };
  query.addEventListener('input', filter);
  only.addEventListener('change', filter);
  addEventListener('hashchange', reveal);
  document.getElementById('filter').hidden = false;
  filter();
  reveal();
})();
