/** The part of a WebSocket that pages, Node and the package ws have in common. */
export interface Socket {
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(kind: 'open' | 'error', listener: () => void): void;
  addEventListener(kind: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(kind: 'message', listener: (event: { data: unknown }) => void): void;
}

/** The first message of a client. */
export interface Hello {
  readonly name: string;
  readonly token: string;
}

/** Closed by the server after the last round. */
export const done = 1000;
/** Closed by the server since it does not know the client. */
export const refused = 4001;
