export { type FolderOptions, ImageFolder, imageFolder } from './image-folder.ts';
export { readImage, saveImage } from './read-image.ts';
