import { useEffect } from 'react';
import { positionOf } from '../../model/text/token-index';
import { usePlayground } from '../playground-context';
import type { Label } from '../store/token-view';
import { tokenColour } from './scales';

/** Makes tokens hoverable and selectable without colour. */
const untinted = () => null;

/** Makes tokens selectable in the text while the lens is open. */
export function useChoosing(): void {
  const { tokens } = usePlayground();
  useEffect(() => {
    tokens.setState((state) => ({ colour: state.colour ?? untinted }));
    return () => tokens.setState({ colour: null, hovered: null });
  }, [tokens]);
}

/** Tints the text by a row of shares while the view is open. `start` is the position of the first share. */
export function usePaint(start: number, shares: Float32Array | null): void {
  const { tokens } = usePlayground();
  useEffect(() => {
    if (!shares) return;
    let most = 0;
    // Token 0 often has the largest share, but is not in the text.
    for (let j = start === 0 ? 1 : 0; j < shares.length; j++) most = Math.max(most, Math.abs(shares[j]));
    tokens.setState({ colour: ({ number }) => tokenColour(shares[positionOf(number) - start] ?? 0, most) });
  }, [tokens, start, shares]);
  useEffect(() => () => tokens.setState(({ colour }) => ({ colour: colour && untinted })), [tokens]); // null: the lens has closed
}

/** Shows words above tokens of the text while the view is open. */
export function useLabels(labels: readonly Label[] | null): void {
  const { tokens } = usePlayground();
  useEffect(() => {
    tokens.setState({ labels });
    return () => tokens.setState({ labels: null });
  }, [tokens, labels]);
}
