/** What the bot's process is told once, by whoever started it. */
export interface BotOrder {
  authToken: string;
  port: number;
  openai: { apiKey: string; baseURL: string; model: string };
}
