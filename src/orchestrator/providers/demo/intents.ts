/** What a caller wants beside giving details, in normalised text (numbers.ts). */

export type Intent =
  | 'yes'
  | 'no'
  | 'goodbye'
  | 'cancel'
  | 'restart'
  | 'help'
  | 'who'
  | 'human'
  | 'hours'
  | 'clock'
  | 'elsewhere'
  | 'repeat'
  | 'summary'
  | 'thanks'
  | 'how-are-you'
  | 'hello'
  | 'joke'
  | 'wait'
  | 'you-choose'
  | 'language'
  | 'rude'
  | 'book'
  | 'real';

const INTENTS: readonly (readonly [Intent, RegExp])[] = [
  [
    'goodbye',
    /\b(?:good ?bye|bye|bye bye|see you|hang up|gotta go|have to go|talk (?:to you )?later|have a (?:nice|good|great|lovely) (?:day|evening|night|one|weekend)|that's all|that is all|that'll be all|end the call|exit|quit|cheerio|farewell)\b/,
  ],
  [
    'restart',
    /\b(?:start (?:over|again|from the beginning|from scratch|new)|begin again|from the top|scratch (?:that|all)|reset)\b/,
  ],
  [
    'cancel',
    /\b(?:cancel|never ?mind|forget (?:it|about it|the whole)|i (?:don't|do not) want (?:it|anything|to book|a (?:table|booking|reservation|appointment))|changed my mind|call it off|abort)\b|^stop(?: it)?$/,
  ],
  [
    'human',
    /\b(?:(?:speak|talk|transfer|connect|put|pass)\b.*\b(?:human|person|someone|somebody|agent|manager|operator|representative|staff|colleague|boss)|real person|operator|representative)\b/,
  ],
  [
    'who',
    /\b(?:who are you|who is this|who's this|who am i|whom am i|your name|are you (?:a |an |the )?(?:robot|human|real|person|machine|computer|ai|bot|assistant|chatbot|recording)|what are you|is this (?:a |an )?(?:robot|machine|ai|bot|recording|computer|person|human))\b/,
  ],
  [
    'real',
    /\b(?:is (?:this|it|that|the (?:booking|table|reservation|appointment)) (?:really |for )?(?:real|booked|a demo|a test)|really booked|real (?:booking|restaurant|table|reservation|place)|just a demo)\b/,
  ],
  [
    'summary',
    /\b(?:what (?:do|have) you (?:have|got|noted|written|understood)|what (?:did i|have i) (?:say|said|book|booked|told|tell)|so far|summari[sz]e|summary|recap|read (?:it|that|everything|all of it) back|where (?:are|were) we|what (?:day|time|date|name) (?:is it for|did i|did you|have i|was it))\b/,
  ],
  [
    'language',
    /\b(?:(?:do|can|could) (?:you|we) (?:speak|talk|understand)|speak (?:spanish|german|french|italian|chinese)|habla|hablas|espanol|español|sprechen|deutsch|parlez|français|francais|parli|italiano|other languages?)\b|\b(?:ich|guten|bitte|danke|hola|quiero|gracias|por favor|bonjour|merci|je voudrais|buongiorno|vorrei|grazie)\b|^(?=.*\p{L})[^\p{Script=Latin}]+$/u,
  ],
  [
    'help',
    /\b(?:help|what can (?:i|you) (?:say|do|ask|book)|how does (?:this|it) work|what (?:are|were) (?:my|the) (?:options|choices)|what is this|what do i (?:do|say)|instructions|menu options|what should i say)\b/,
  ],
  [
    'hours',
    /\b(?:when (?:are you|do you|is it|does)\b.*\b(?:open|close)|what time do you (?:open|close)|opening (?:hours|times)|(?:are|is) (?:you|it|the restaurant) (?:open|closed)|how late|what are your hours|your hours)\b/,
  ],
  [
    'clock',
    /\b(?:what time is it|what's the time|what day is (?:it|today)(?! for)|what's (?:the date|today)|what is (?:the date|today|the time)|what date is|today's date)\b/,
  ],
  [
    'elsewhere',
    /\b(?:where are you|address|directions|parking|park|menu|vegan|vegetarian|gluten|allerg\w*|price|prices|cost|how much|expensive|wi ?fi|dogs?|wheelchair|outside|terrace|window (?:seat|table)|high chair|weather|dress code|credit card)\b/,
  ],
  [
    'repeat',
    /\b(?:repeat|say (?:that|it|this) (?:again|once more)|say again|pardon|come again|once more|one more time|what did you say|didn't (?:catch|hear|get|understand)|did not (?:catch|hear|understand)|couldn't hear|can't hear you|what was that)\b|^(?:sorry|what|huh|excuse me|again)(?: what)?$/,
  ],
  [
    'how-are-you',
    /\b(?:how are you|how're you|how is it going|how's it going|how do you do|how's your day|how is your day|what's up|nice to (?:meet|talk))\b/,
  ],
  ['joke', /\b(?:joke|make me laugh|something funny|sing|poem)\b/],
  [
    'wait',
    /\b(?:wait|hold on|hang on|(?:1|one|a|just a|just one) (?:moment|second|minute|sec)|let me (?:check|think|see|ask)|bear with me|give me a)\b|^(?:um+|uh+|er+|hmm+|well|so|let's see)(?: (?:um+|uh+))*$/,
  ],
  [
    'you-choose',
    /\b(?:i (?:don't|do not) (?:know|care|mind)|not sure|no idea|you (?:choose|decide|pick)|up to you|(?:doesn't|does not) matter|whatever|whenever|any ?(?:time|day)|surprise me|what do you (?:suggest|recommend|think)|what (?:times|days|slots) (?:do|are)|as soon as|when is (?:it )?free|as (?:early|late) as possible|no preference|either|anything)\b/,
  ],
  ['rude', /\b(?:stupid|idiot|useless|fuck\w*|shit|damn|dumb|moron|crap)\b/],
  ['book', /\b(?:book(?:ing)?|reserve|make a|schedule|arrange|set up)\b/],
  ['thanks', /\b(?:thank you|thanks|thank|cheers|much appreciated)\b/],
  [
    'hello',
    /^(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings|howdy|hi there|hello there)\b|\b(?:are you (?:still )?there|can you hear me|anybody there|anyone there)\b/,
  ],
];

const YES =
  /\b(?:yes|yeah|yep|yup|ya|aye|sure|correct|right|exactly|perfect|great|ok|okay|fine|absolutely|of course|please do|go ahead|confirm|confirmed|indeed|definitely|affirmative|good|wonderful|lovely|certainly|that's it|sounds (?:good|great|fine)|that works|works for me|do it|please|totally|uh huh|mm hmm|mhm|alright|all right|brilliant|excellent|super|you got it|spot on)\b/;
const NOT_YES =
  /\b(?:not|isn't|wasn't|aren't|don't) (?:\w+ )?(?:right|correct|good|ok|okay|fine|sure|it|great|perfect|exactly|quite|what)\b|\b(?:right (?:here|now|away)|good (?:morning|afternoon|evening|night|day|bye)|no good)\b/g;
const NO =
  /^(?:no|nope|nah|no no|negative|wrong|incorrect|not (?:really|quite|right|correct|yet|exactly))\b|\b(?:that's|it's|that is|it is|is|was) (?:wrong|incorrect|not (?:right|correct|it|what|good|quite))\b|\bno$|\b(?:isn't|not) (?:right|correct)\b/;
/** "No, that's fine": a yes all the same. */
const NO_BUT_YES =
  /^(?:no ,? ?)+(?:that's|that is|it's|it is|this is|everything is|everything's|all) (?:\w+ )?(?:fine|right|correct|perfect|good|great|ok|okay|all|it|everything|wonderful)\b/;

/** Everything that the sentence may mean; several may hold at once. */
export function findIntents(text: string): Set<Intent> {
  const intents = new Set<Intent>(
    INTENTS.filter(([, expression]) => expression.test(text)).map(([intent]) => intent),
  );
  if (NO_BUT_YES.test(text)) intents.add('yes');
  else if (NO.test(text)) intents.add('no');
  else if (YES.test(text.replace(NOT_YES, ' '))) intents.add('yes');
  return intents;
}
