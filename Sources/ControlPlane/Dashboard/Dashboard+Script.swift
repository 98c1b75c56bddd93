extension Dashboard {
  /// What fills the page. All that it shows it writes as text, so that nothing that is shown can become part of the page.
  static let script = """
    'use strict';
    const byId = (id) => document.getElementById(id);
    const shownEvents = 200;
    let run = 0, lastEvent = 0;

    function say(text) { byId('state').textContent = text; }

    function fill(id, heads, rows, empty) {
      const table = byId(id);
      table.replaceChildren();
      const add = (tag, cells, name) => {
        const row = table.insertRow();
        if (name) row.className = name;
        for (const cell of cells) {
          const element = document.createElement(tag);
          const [text, mark] = Array.isArray(cell) ? cell : [cell, ''];
          element.textContent = text === undefined || text === null ? '' : String(text);
          if (mark) element.className = mark;
          row.append(element);
        }
      };
      if (rows.length === 0) return add('td', [empty]);
      add('th', heads);
      for (const row of rows) add('td', row.cells || row, row.name);
    }

    function address(path) {
      const tenant = byId('tenant').value.trim();
      return tenant ? path + (path.includes('?') ? '&' : '?') + 'tenant=' + encodeURIComponent(tenant) : path;
    }

    function heads(accept) {
      const token = byId('token').value.trim();
      return token ? { Accept: accept, Authorization: 'Bearer ' + token } : { Accept: accept };
    }

    async function ask(path) {
      const answer = await fetch(address(path), { headers: heads('application/json'), cache: 'no-store' });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.detail || body.title || answer.status);
      return body;
    }

    const mark = (state) => ({ ready: 'good', failed: 'bad', stopped: 'bad' })[state] || 'wait';
    const kilobytes = (bytes) => Math.round(bytes / 1000) + ' kB';

    async function refresh() {
      const [services, unikernels, policies] = await Promise.all(
        ['/api/v1/services', '/api/v1/unikernels', '/api/v1/policies'].map(ask));
      fill('services', ['Tenant', 'Service', 'Level', 'Levels', 'Phase', 'Policies', 'Open at'], services.map((one) =>
        [one.tenant, one.name, one.level + (one.levelSetByHand ? ' (by hand)' : ''), one.levels.join(', '), one.phase,
         one.policyVersion, one.urls.join(' ')]), 'No service is up.');
      fill('unikernels', ['Unikernel', 'State', 'Level', 'Mechanisms', 'Image', 'Address', 'Policies', 'Since'],
        unikernels.map((one) => [
          one.service + '/' + one.resource, [one.state + (one.warnings.length ? ': ' + one.warnings.join('; ') : ''),
            one.warnings.length ? 'bad' : mark(one.state)],
          one.level, one.mechanisms.join(', '), one.image.slice(7, 19) + ', ' + kilobytes(one.imageBytes),
          one.address, one.policyVersion, one.since]), 'Nothing runs.');
      fill('policies', ['Enforcement point', 'Has', 'Due', 'Heard'], policies.map((one) => [
        one.service + '/' + one.resource, [one.version, one.converged ? 'good' : 'bad'], one.due,
        one.confirmed || one.acknowledged]), 'Nothing decides by policies.');
      try {
        const pool = await ask('/api/v1/pool');
        fill('pool', ['', ''], Object.entries(pool).filter(([, value]) => typeof value !== 'object'), 'Empty.');
      } catch (error) {
        fill('pool', [], [], 'Only for administrators.');
      }
    }

    const events = [];
    function show(event) {
      lastEvent = Math.max(lastEvent, event.number);
      events.unshift(event);
      events.length = Math.min(events.length, shownEvents);
    }

    function drawEvents() {
      fill('events', ['Time', 'Severity', 'What', 'Where', ''], events.map((one) => ({
        name: one.severity,
        cells: [one.time, one.severity, one.kind, [one.service, one.resource].filter(Boolean).join('/'), one.message],
      })), 'Nothing has happened.');
    }

    async function follow(mine) {
      const answer = await fetch(address('/api/v1/events?after=' + lastEvent),
        { headers: heads('text/event-stream'), cache: 'no-store' });
      if (!answer.ok) throw new Error((await answer.json()).detail);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done || mine !== run) { reader.cancel(); return; }
        const parts = (rest + value).split('\\n\\n');
        rest = parts.pop();
        for (const part of parts) {
          const line = part.split('\\n').find((one) => one.startsWith('data: '));
          if (line) show(JSON.parse(line.slice(6)));
        }
        drawEvents();
        await refresh();
      }
    }

    async function watch(mine) {
      while (mine === run) {
        try {
          await refresh();
          say('');
          await follow(mine);
        } catch (error) {
          say(error.message);
        }
        await new Promise((wake) => setTimeout(wake, 2000));
      }
    }

    byId('access').addEventListener('submit', (event) => {
      event.preventDefault();
      events.length = 0;
      lastEvent = 0;
      run += 1;
      watch(run);
    });

    """
}
