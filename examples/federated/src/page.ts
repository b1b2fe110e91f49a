import { take } from './client.ts';
import { learner } from './task.ts';

const form = document.querySelector('form');
const says = document.querySelector('output');
form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = (name: string) => String(new FormData(form).get(name));
  const say = (text: string) => {
    if (says) says.textContent = text;
  };
  try {
    say('waiting for a round');
    const client = await learner(field('name'), Number(field('piece')), Number(field('pieces')));
    await take(new WebSocket(field('server')), field('token'), client, (round) => say(`round ${round}`));
    say('the server has ended');
  } catch (failure) {
    say(String(failure));
  }
});
