#!/usr/bin/env node
import { main } from '../dist/cli/tdu.js';

process.exitCode = await main(process.argv.slice(2));
