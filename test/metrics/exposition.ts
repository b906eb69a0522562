/** Reads the text that Prometheus reads. */

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** @throws an Error when a line is none that Prometheus takes. */
export function parseExposition(text: string): { samples: Sample[]; types: Map<string, string> } {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type) {
      const [, name = '', kind = ''] = type;
      if (types.has(name)) throw new Error(`${name} is declared twice`);
      types.set(name, kind);
      continue;
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!sample) throw new Error(`not a line of Prometheus: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    samples.push({
      name,
      labels: labelsOf(labels),
      value: Number(value.replace('Inf', 'Infinity')),
    });
  }
  return { samples, types };
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value;
  }
  return labels;
}

/** The value of a sample with at least these labels; undefined when there is none. */
export function valueOf(
  text: string,
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const fitting = parseExposition(text).samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return fitting.length === 0 ? undefined : fitting.reduce((sum, each) => sum + each.value, 0);
}

/** The names of metrics that an expression of PromQL asks for. */
export function namesIn(expression: string): string[] {
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\{[^}]*\}/g, '');
  const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
  const words = bare.replace(grouping, '').match(/\b[a-z_][a-z0-9_:]*\b(?!\s*\()/gi) ?? [];
  return [...new Set(words.filter((word) => /^(voca|temporal|nodejs|process)_/.test(word)))];
}
