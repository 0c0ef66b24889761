// What the compiler does not carry over: the migrations, which the store reads beside its code.
import { cpSync } from 'node:fs';

cpSync('src/store/migrations', 'dist/store/migrations', { recursive: true });
