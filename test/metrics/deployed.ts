/** What the files for operators ask Prometheus for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Panel {
  id: number;
  title: string;
  type: string;
  description?: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string; legendFormat?: string }[];
}

export interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; query: string }[] };
  panels: Panel[];
}

export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');

export function dashboard(): Dashboard {
  const text = readFileSync(join(DEPLOY, 'grafana', 'voca-dashboard.json'), 'utf8');
  return JSON.parse(text) as Dashboard;
}

export function alerts(): AlertRule[] {
  const file = parse(readFileSync(join(DEPLOY, 'prometheus', 'alerts.yml'), 'utf8')) as {
    groups: { name: string; rules: AlertRule[] }[];
  };
  return file.groups.flatMap(({ rules }) => rules);
}

export function dashboardExpressions(): string[] {
  return dashboard().panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

export function alertExpressions(): string[] {
  return alerts().map(({ expr }) => expr);
}
