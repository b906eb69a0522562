/** What people say in passing, by language; nothing for a language that is not listed. */

interface Phrases {
  /**
   * Said while the other one talks, and not meant to stop him; so is a "hello?" when somebody picks up
   * or is kept waiting. No "yes" or "no": these are answers. Divided by commas.
   */
  acknowledgements: string;
  /** Meant to stop the other one. Divided by commas. */
  stopWords: string;
  /** Said while an answer is being made. */
  fillers: string[];
}

const PHRASES: Record<string, Phrases> = {
  en: {
    acknowledgements:
      'mhm, mm-hmm, mm, mmm, hm, hmm, uh-huh, uh, um, ah, oh, ok, okay, yeah, yep, right, alright, ' +
      'all right, sure, i see, got it, hello, hi',
    stopWords: 'stop, wait, hold on, hang on, excuse me',
    fillers: ['One moment, please.', 'I am still on it.', 'Thank you for waiting.'],
  },
  de: {
    acknowledgements: 'mhm, hm, hmm, äh, ähm, ah, aha, ach so, ok, okay, genau, hallo',
    stopWords: 'stopp, stop, halt, warte, warten sie, moment',
    fillers: ['Einen Moment, bitte.', 'Ich bin noch dran.', 'Danke für Ihre Geduld.'],
  },
  fr: {
    acknowledgements: "mhm, hm, hmm, euh, ah, ah oui, ok, okay, d'accord, ouais, allô",
    stopWords: 'stop, attendez, attends, un instant, excusez-moi',
    fillers: ['Un instant, je vous prie.', "J'y suis encore.", 'Merci de patienter.'],
  },
  es: {
    acknowledgements: 'mhm, hm, hmm, eh, ah, ajá, ok, okay, vale, ya, claro, hola',
    stopWords: 'espera, espere, un momento, perdone',
    fillers: ['Un momento, por favor.', 'Sigo en ello.', 'Gracias por esperar.'],
  },
  it: {
    acknowledgements: 'mhm, hm, hmm, ehm, ah, ok, okay, va bene, certo, capito, pronto',
    stopWords: 'stop, aspetta, aspetti, un attimo, mi scusi',
    fillers: ['Un momento, per favore.', 'Ci sto ancora lavorando.', "Grazie per l'attesa."],
  },
  nl: {
    acknowledgements: 'mhm, hm, hmm, eh, ehm, ah, oké, ok, okay, juist, hallo',
    stopWords: 'stop, wacht, wacht even, momentje',
    fillers: ['Een moment, alstublieft.', 'Ik ben er nog mee bezig.', 'Bedankt voor het wachten.'],
  },
  pt: {
    acknowledgements: 'mhm, hm, hmm, ah, aham, ok, okay, tá, tá bom, certo, alô',
    stopWords: 'pare, espera, espere, um momento, com licença',
    fillers: ['Um momento, por favor.', 'Ainda estou a tratar disso.', 'Obrigado por esperar.'],
  },
};

function phrasesOf(language: string): Phrases | undefined {
  const [primary = ''] = language.toLowerCase().split('-');
  return PHRASES[primary];
}

/** @param language BCP-47 tag */
export function acknowledgements(language: string): string[] {
  return phrasesOf(language)?.acknowledgements.split(', ') ?? [];
}

/** @param language BCP-47 tag */
export function stopWords(language: string): string[] {
  return phrasesOf(language)?.stopWords.split(', ') ?? [];
}

/** @param language BCP-47 tag */
export function fillers(language: string): string[] {
  return phrasesOf(language)?.fillers ?? [];
}
