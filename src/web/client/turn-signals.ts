/** How one's turn makes itself known beyond the page, where that was asked for: a sound, a notification, the way in. */
import { pageTitle } from '../room-page-parts.ts';
import type { RoomPage } from '../room-page-model.ts';
import { wordingOf } from '../room-page-situation.ts';
import { languageFile } from '../phrases/phrases.ts';
import type { Options } from './page-options.ts';

/** Three short notes, quiet enough for a library. */
const notes = [523, 659, 784];
const noteSeconds = 0.22;
const loudness = 0.15;
/** Long enough for the alert to be heard before the page is left. */
const enterAfterMs = 2_000;

export class TurnSignals {
  readonly #options: Options;
  readonly #blocked: () => void;
  #audio: AudioContext | null = null;

  /** `blocked` is told when the browser shows no notification. */
  constructor(options: Options, blocked: () => void) {
    this.#options = options;
    this.#blocked = blocked;
    // A page that was opened anew may sound only once its visitor has done something on it.
    const unlock = (): void => {
      if (options.sound) void this.#audioContext()?.resume();
    };
    addEventListener('pointerdown', unlock);
    addEventListener('keydown', unlock);
  }

  /** Something was ticked: browsers allow sound and notifications only from such a moment on. */
  chosen(which: string): void {
    const { sound, notification } = this.#options;
    if (which === 'sound' && sound) this.#play();
    if (which === 'notification' && notification) void this.#askLeave();
  }

  /** The turn has come. */
  turn(page: RoomPage): void {
    const { sound, notification, enter } = this.#options;
    if (sound) this.#play();
    if (notification) this.#notify(page);
    if (!enter) return;
    // It may be unticked meanwhile.
    setTimeout(() => {
      if (this.#options.enter) document.querySelector<HTMLFormElement>('#turn form')?.requestSubmit();
    }, enterAfterMs);
  }

  #play(): void {
    try {
      const audio = this.#audioContext();
      if (!audio) return;
      void audio.resume();
      for (const [index, frequency] of notes.entries()) {
        const startsAt = audio.currentTime + index * noteSeconds;
        const gain = audio.createGain();
        gain.gain.setValueAtTime(loudness, startsAt);
        gain.gain.exponentialRampToValueAtTime(0.001, startsAt + noteSeconds);
        const note = audio.createOscillator();
        note.frequency.value = frequency;
        note.connect(gain).connect(audio.destination);
        note.start(startsAt);
        note.stop(startsAt + noteSeconds);
      }
    } catch {
      // A device without sound: the page says it all.
    }
  }

  /** Null on a device without sound. */
  #audioContext(): AudioContext | null {
    try {
      return (this.#audio ??= new AudioContext());
    } catch {
      return null;
    }
  }

  async #askLeave(): Promise<void> {
    const leave = 'Notification' in globalThis ? await Notification.requestPermission() : 'denied';
    if (leave !== 'granted') this.#blocked();
  }

  #notify(page: RoomPage): void {
    const { language } = page;
    // It may have been taken back since.
    if (!('Notification' in globalThis) || Notification.permission !== 'granted') return this.#blocked();
    try {
      const notification = new Notification(pageTitle(page), {
        body: wordingOf(page).text('turn-text'),
        lang: language,
        dir: languageFile(language).direction,
        tag: page.room.roomId,
      });
      notification.addEventListener('click', () => {
        focus();
        notification.close();
      });
    } catch {
      // Some phones show notifications for installed apps only.
      this.#blocked();
    }
  }
}
