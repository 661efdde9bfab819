/**
 * Does something to many rows by statements that each touch some of them, until one finds none: any statement is given up after
 * five seconds (client.ts), however many rows there have come to be. Gives how many there were.
 * @param some touches at most so many rows, none of them twice, and gives how many
 */
export const inPortions = async (
  some: (atMost: number) => Promise<number | { count: number }>,
  atMost = 5_000,
): Promise<number> => {
  let all = 0
  for (;;) {
    const answer = await some(atMost)
    const touched = typeof answer === 'number' ? answer : answer.count
    if (touched === 0) return all
    all += touched
  }
}
