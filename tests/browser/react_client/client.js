// The library's data layer with a store of its own, as the learning front end has it, put where a test can reach it.
import {configureStore} from '@reduxjs/toolkit';
import * as data from 'special-exams-data';
import {startProctoringSoftwareDownload} from 'special-exams-thunks';
import {complaints} from '@edx/frontend-platform/logging';
import {exchanges} from '@edx/frontend-platform/auth';

const store = configureStore({reducer: {specialExams: data.reducer}});

window.reactClient = {
    // Do what a button or a timer of the front end does; answers with the state that it then shows.
    dispatch: async (name, ...args) => {
        const thunk = {...data, startProctoringSoftwareDownload}[name];
        if (!thunk) {
            throw new Error(`the library has no ${name}`);
        }
        await store.dispatch(thunk(...args));
        return store.getState().specialExams;
    },
    state: () => store.getState().specialExams,
    exchanges,
    complaints
};
