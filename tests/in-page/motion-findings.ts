import { elementName } from './element-name.ts';
import { everyRoot } from './flat-tree.ts';

/** WCAG 2.2.2: what moves by itself for longer needs a way to stop it. */
const longMs = 5_000;

/** What moves for too long; with `reducedMotion`, whatever moves. */
export function motionFindings({ reducedMotion }: { reducedMotion: boolean }): string[] {
  const animations = new Set(everyRoot().flatMap((root) => root.getAnimations()));
  return [...animations].flatMap(({ playState, effect }) => {
    if (playState !== 'running' || !(effect instanceof KeyframeEffect) || effect.target === null) return [];
    const { endTime } = effect.getComputedTiming();
    const lastsMs = typeof endTime === 'number' ? endTime : Number.POSITIVE_INFINITY;
    if (!reducedMotion && lastsMs <= longMs) return [];
    const asked = reducedMotion ? ' though less motion is asked for' : '';
    return [`moves for ${lastsMs} ms${asked}: ${elementName(effect.target)}`];
  });
}
