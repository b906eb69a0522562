/** The files for operators. Whether what they ask for exists is tested against a running instance. */
import { describe, expect, test } from '@jest/globals';
import { alerts, dashboard } from './deployed.ts';
import { namesIn } from './exposition.ts';

describe('the dashboard', () => {
  const { panels, templating, uid, title } = dashboard();
  const charts = panels.filter(({ type }) => type !== 'row');

  test('can be imported: an id of its own, a title, a data source to choose', () => {
    expect({ uid, title }).toEqual({ uid: 'voca-calls', title: 'VOCA' });
    expect(templating.list).toContainEqual(
      expect.objectContaining({ name: 'datasource', type: 'datasource', query: 'prometheus' }),
    );
    for (const { datasource } of charts) expect(datasource?.uid).toBe('${datasource}');
  });

  test('asks each panel for something, and says what it means', () => {
    for (const { targets = [], description = '' } of charts) {
      expect(description.length).toBeGreaterThan(4);
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) expect(namesIn(expr)).not.toEqual([]);
    }
  });

  test('has panels with numbers of their own, none over another, none over the edge', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});

describe('the alerts', () => {
  test('have names of their own, a severity, and words for the one who is woken', () => {
    expect(new Set(alerts().map(({ alert }) => alert)).size).toBe(alerts().length);
    for (const { alert, expr, labels, annotations } of alerts()) {
      expect(alert).toMatch(/^Voca[A-Z]\w+$/);
      expect(['page', 'ticket']).toContain(labels.severity);
      expect(annotations.summary).not.toBe('');
      expect(annotations.description).not.toBe('');
      expect(namesIn(expr)).not.toEqual([]);
    }
  });

  test('are no alerts when there is nothing to compare: brackets are balanced', () => {
    for (const { expr } of alerts()) {
      expect(expr.split('(')).toHaveLength(expr.split(')').length);
      expect(expr.split('{')).toHaveLength(expr.split('}').length);
    }
  });
});

test('alerts that name a process name its instance, too: two containers have the same name', () => {
  const naming = alerts().filter(({ annotations }) =>
    /\$labels\.process/.test(annotations.summary),
  );
  expect(naming.length).toBeGreaterThan(1);
  for (const { expr, annotations } of naming) {
    expect(annotations.summary).toContain('$labels.instance');
    expect(expr).not.toMatch(/by \(process\)/);
  }
});
