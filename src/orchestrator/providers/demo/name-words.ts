/** The words around names, and in them. */

/** A name ends in front of these. */
export const ENDS = new Set(
  (
    'and for on at please thanks thank with by to from in of the a an i we my me is it its if so but or as ' +
    'can could would will may not no yes yeah here speaking calling today tomorrow tonight table appointment ' +
    'people person thats actually sorry instead right correct ok okay that this you your mine number'
  ).split(' '),
);

/** No name begins with these. */
export const NEVER = new Set(
  (
    'a an the i we you he she they my your me it is are am was be been just only about for four to two too at on in of and or ' +
    'so but if with by from up out then than that this these those here there what when where who why how which yes yeah yep yup no nope ' +
    'not never ok okay sure fine good great perfect right correct wrong exactly true false late early sorry please thanks thank hello hi hey ' +
    'bye goodbye maybe perhaps well uh um er hmm oh ah like looking calling trying going booking wondering interested afraid happy glad ready ' +
    'hungry busy free available alone done help cancel repeat stop wait hold one three five six seven eight nine ten eleven twelve noon ' +
    'midnight half quarter monday tuesday wednesday thursday friday saturday sunday today tomorrow tonight morning afternoon evening night ' +
    'day week month year time date name table appointment reservation booking dinner lunch breakfast people person nothing everything ' +
    'something anything somewhere all any some very really actually still already also again more less can could would will should do does ' +
    'did have has had want need think know mean said say make change don speaking whatever nobody someone everyone enough better best ' +
    'january february march june july august september october november december first second third next last other another wonderful ' +
    'lovely nice cool awesome amazing alright excellent terrible bad new correct complicated difficult easy important possible confirmed ' +
    'get got give take come go see look tell ask let put hang keep book call me us them him her hers nope nah absolutely definitely ' +
    'certainly indeed understood clear weird strange unsure listening waiting driving unable still because while until hungry tired old ' +
    'human robot person real machine ai english spanish french german sir madam noon guys man god thing things party group family never ' +
    'christmas quarter around before after sometime between instead its put under forget'
  ).split(' '),
);

/** Small words inside of names. */
export const PARTICLES = new Set(
  'von van der den de la le du di da del bin ibn al el ter zu zur'.split(' '),
);

export const TITLES: Record<string, string> = {
  mr: 'Mr',
  mister: 'Mr',
  mrs: 'Mrs',
  ms: 'Ms',
  miss: 'Miss',
  dr: 'Dr',
  doctor: 'Dr',
  professor: 'Professor',
};
