import type { Field } from '../form.ts';
import type { Collected, InputCollector } from '../input-collector.ts';
import type { TwimlElement } from '../twiml-parse.ts';
import { methodOf, NEXT } from '../verb-context.ts';
import type { Delivery, Outcome, Verb, VerbContext } from '../verb-context.ts';
import { booleanOf, gatherSettings } from './gather-settings.ts';
import { pause } from './pause.ts';
import { play } from './play.ts';
import { say } from './say.ts';

const NESTED: Readonly<Record<string, Verb>> = { Say: say, Play: play, Pause: pause };

/**
 * `<Gather>`: plays what is nested while it already listens, then waits for speech or keys. Input
 * goes to `action` (this document again when there is none); without input the next verb runs,
 * unless `actionOnEmptyResult` says otherwise.
 */
export const gather: Verb = async (element, context) => {
  const { line, signal } = context;
  const action = element.attributes.action ?? '';
  const collector = line.openGather(gatherSettings(element, context), action);
  reportPartials(collector, element, context);
  const stop = () => collector.close();
  signal.addEventListener('abort', stop);
  await prompts(element, { ...context, signal: AbortSignal.any([signal, collector.begun]) });
  collector.promptsDone();
  line.changed();
  if (signal.aborted) collector.close();
  const collected = await collector.result;
  signal.removeEventListener('abort', stop);
  line.closeGather();
  return signal.aborted ? NEXT : outcomeOf(collected, element, context);
};

/** Tells `partialResultCallback` what was understood so far, each time something was said. */
function reportPartials(
  collector: InputCollector,
  element: TwimlElement,
  context: VerbContext,
): void {
  const url = element.attributes.partialResultCallback;
  if (url === undefined) return;
  const method = methodOf(element.attributes.partialResultCallbackMethod, context);
  let sequence = 0;
  collector.onSpeech = (stable, unstable) => {
    const fields: Field[] = [
      ['StableSpeechResult', stable],
      ['UnstableSpeechResult', unstable],
      ['SequenceNumber', String(sequence)],
    ];
    sequence += 1;
    context.sendPartial({ url, method, purpose: 'partial', fields });
  };
}

async function prompts(element: TwimlElement, context: VerbContext): Promise<void> {
  for (const child of element.children) {
    if (context.signal.aborted) return;
    if (typeof child === 'string') {
      if (child.trim() !== '') context.warn(12200, 'text inside Gather');
      continue;
    }
    const verb = NESTED[child.name];
    if (verb) await verb(child, context);
    else context.warn(12200, `${child.name} cannot be nested in Gather`);
  }
}

function outcomeOf(collected: Collected, element: TwimlElement, context: VerbContext): Outcome {
  const onEmpty = booleanOf(element, 'actionOnEmptyResult', false, context);
  if (collected.kind === 'none' && !onEmpty) {
    context.line.dropped(collected.utteranceIds);
    return NEXT;
  }
  const { fields, delivery } = described(collected);
  const url = element.attributes.action ?? '';
  const method = methodOf(element.attributes.method, context);
  return { kind: 'go', target: { url, method, purpose: 'action', fields, delivery } };
}

function described(collected: Collected): { fields: Field[]; delivery: Delivery } {
  const { utteranceIds } = collected;
  if (collected.kind === 'none') {
    return { fields: [], delivery: { utteranceIds, input: 'silence', text: '' } };
  }
  if (collected.kind === 'dtmf') {
    const { digits } = collected;
    return {
      fields: [['Digits', digits]],
      delivery: { utteranceIds, input: 'dtmf', text: digits },
    };
  }
  const { text, confidence } = collected;
  const fields: Field[] = [['SpeechResult', text]];
  if (confidence !== undefined) fields.push(['Confidence', String(confidence)]);
  return { fields, delivery: { utteranceIds, input: 'speech', text } };
}
