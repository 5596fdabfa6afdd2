import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepPolling } from './slow-polls';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

function polled(userAgent: string) {
  const submit = vi.fn();
  let waits = 0;
  const poll = keepPolling({ submit } as unknown as GPUQueue, () => waits > 0, userAgent);
  return {
    submit,
    begin: () => {
      waits++;
      poll();
    },
    end: () => {
      waits--;
    },
  };
}

test('polls Firefox during a wait, and not after it', () => {
  const { submit, begin, end } = polled(FIREFOX);
  begin();
  begin();
  vi.advanceTimersByTime(20);
  expect(submit).toHaveBeenCalledTimes(10);
  end();
  end();
  vi.advanceTimersByTime(100);
  expect(submit).toHaveBeenCalledTimes(10);
  expect(vi.getTimerCount()).toBe(0);
  begin();
  vi.advanceTimersByTime(2);
  expect(submit).toHaveBeenCalledTimes(11);
});

test('does not poll other browsers', () => {
  const { submit, begin } = polled(CHROME);
  begin();
  vi.advanceTimersByTime(100);
  expect(submit).not.toHaveBeenCalled();
});
