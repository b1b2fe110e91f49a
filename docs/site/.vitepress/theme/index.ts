import DefaultTheme from 'vitepress/theme';
import { Exercise } from './exercise.ts';
import './exercise.css';

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }: { app: { component(name: string, component: object): void } }) =>
    app.component('Exercise', Exercise),
};
