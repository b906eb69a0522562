import { DemoModel } from '../../../src/orchestrator/providers/demo/demo-model.ts';
import { anyModel } from '../conformance.ts';

anyModel('Demo', () => new DemoModel());
