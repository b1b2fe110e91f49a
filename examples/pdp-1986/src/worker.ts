import { answer, isQuestion } from './questions.ts';

// A process of its own: it answers one question after the other, until its parent goes.
process.on('message', async (question: unknown) => {
  if (!isQuestion(question)) return;
  try {
    process.send?.({ answer: await answer(question) });
  } catch (failure) {
    process.send?.({ failure: String(failure instanceof Error ? failure.stack : failure) });
  }
});
process.on('disconnect', () => process.exit());
