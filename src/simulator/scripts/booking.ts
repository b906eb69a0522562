/**
 * The built-in conversation of the demo: a caller books a table, and changes her mind once. It
 * lives in a TypeScript file so that it is there from source and from the build alike.
 */
export const BOOKING_SCRIPT = `
within 30s
hear /./
say Hello, I would like to book a table for tomorrow evening.

# Whatever is asked, in whatever order, until it is all read back.
until /lovelace.*\\?/ within 3m
  /how many|number of people|set the table/ -> say Four people.
  /time/ -> say At seven in the evening.
  /name/ -> say My name is Ada Lovelace.
  /day/ -> say Tomorrow.
  /table|appointment/ -> say A table, please.
  /./ -> say A table for four people, tomorrow at seven in the evening.
end

say No, make that half past seven.
until /goodbye|good bye|bye-bye/ within 3m
  /half past seven|seven thirty|7:30/ -> say Yes, that is right.
  /anything else|another|new booking/ -> say No, thank you. Goodbye.
  /how many/ -> say Four people.
  /name/ -> say My name is Ada Lovelace.
  /./ -> say Half past seven, please.
end
expect ended completed within 1m
`;
