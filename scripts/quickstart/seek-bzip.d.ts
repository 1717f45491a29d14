declare module 'seek-bzip' {
  const bunzip: { decode(compressed: Uint8Array): Buffer };
  export default bunzip;
}
